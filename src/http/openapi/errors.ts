/** The error table (spec) as OpenAPI's responses, one for each status, named by its error types. */
import { ERROR_STATUS, type ErrorType } from "../../base/errors.ts";

const MEANING: Readonly<Record<ErrorType, string>> = {
  usage: "The input is wrong; nothing was changed.",
  auth: "Credentials are missing or wrong.",
  billing: "The account's balance or subscriptions do not cover the command.",
  missing:
    "The command, the object or one that it names is not there, or is not the caller's to see or change.",
  method: "A changing command came by another method than POST.",
  busy: "The object, or one that it needs, is in use.",
  failed: "The command was right, and failed.",
  system: "Something went wrong in the cloud itself.",
  full: "There is no room left on the drive or in the cloud.",
};

/** The errors that any command can end in, and those that only a change can. */
const OF_ANY: readonly ErrorType[] = ["usage", "auth", "missing", "method", "failed", "system"];
const OF_CHANGES: readonly ErrorType[] = ["billing", "busy", "full"];

/** What stands beside the error type in the answer's head. */
const MORE_HEADERS: Readonly<Partial<Record<ErrorType, object>>> = {
  auth: {
    "WWW-Authenticate": { schema: { type: "string" }, description: "asks for HTTP Basic credentials" },
  },
  method: { Allow: { schema: { type: "string" }, description: "the methods that the command takes" } },
};

const TYPES = Object.keys(ERROR_STATUS) as ErrorType[];
const STATUSES = [...new Set(Object.values(ERROR_STATUS))].sort((one, other) => one - other);

const typesOf = (status: number) => TYPES.filter((type) => ERROR_STATUS[type] === status);

/** All of them, by the name under which `errorsOf` refers to them. */
export const ERROR_RESPONSES = Object.fromEntries(
  STATUSES.map((status) => {
    const types = typesOf(status);
    return [types.join("-"), response(types)];
  }),
);

/** The errors of a command, by status. */
export function errorsOf(effect: "reads" | "changes"): Record<string, object> {
  const can = effect === "reads" ? OF_ANY : [...OF_ANY, ...OF_CHANGES];
  return Object.fromEntries(
    STATUSES.filter((status) => typesOf(status).some((type) => can.includes(type))).map((status) => [
      String(status),
      { $ref: `#/components/responses/${typesOf(status).join("-")}` },
    ]),
  );
}

function response(types: readonly ErrorType[]) {
  return {
    description: types.map((type) => `\`${type}\`: ${MEANING[type]}`).join(" "),
    headers: {
      "X-Elastic-Error": {
        description: "the error type",
        required: true,
        schema: { type: "string", enum: types },
      },
      ...Object.assign({}, ...types.map((type) => MORE_HEADERS[type])),
    },
    content: {
      "text/plain": { schema: { type: "string", description: "one sentence that says what is wrong" } },
    },
  };
}
