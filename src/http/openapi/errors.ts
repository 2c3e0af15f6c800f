/** The error table (spec) as OpenAPI's responses, one for each status, named by its error types. */
import { ERROR_CODES, ERROR_TYPES, type ErrorType } from "../../base/errors.ts";
import { REQUEST_ID } from "./headers.ts";

/** The status that bears each type. */
export type Statuses = Readonly<Record<ErrorType, number>>;

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

const TYPES = Object.keys(ERROR_TYPES) as ErrorType[];

const typesOf = (statuses: Statuses, status: number) => TYPES.filter((type) => statuses[type] === status);
const distinct = (statuses: Statuses) => [...new Set(Object.values(statuses))].sort((a, b) => a - b);

/** All of them, by the name under which `errorsOf` refers to them. */
export function errorResponses(statuses: Statuses): Readonly<Record<string, object>> {
  return Object.fromEntries(
    distinct(statuses).map((status) => {
      const types = typesOf(statuses, status);
      return [types.join("-"), response(types)];
    }),
  );
}

/** The errors of a command, by status. */
export function errorsOf(effect: "reads" | "changes", statuses: Statuses): Readonly<Record<string, object>> {
  const can = effect === "reads" ? OF_ANY : [...OF_ANY, ...OF_CHANGES];
  return Object.fromEntries(
    distinct(statuses)
      .filter((status) => typesOf(statuses, status).some((type) => can.includes(type)))
      .map((status) => [
        String(status),
        { $ref: `#/components/responses/${typesOf(statuses, status).join("-")}` },
      ]),
  );
}

function response(types: readonly ErrorType[]) {
  return {
    description: types.map((type) => `\`${type}\`: ${ERROR_TYPES[type]}`).join(" "),
    headers: {
      "X-Elastic-Error": {
        description: "the error type",
        required: true,
        schema: { type: "string", enum: types },
      },
      "X-Lodge-Error": {
        description: "the error's code, finer than its type, which it is where there is none",
        required: true,
        schema: { type: "string", examples: codesOf(types) },
      },
      ...REQUEST_ID,
      ...Object.assign({}, ...types.map((type) => MORE_HEADERS[type])),
    },
    content: {
      "text/plain": { schema: { type: "string", description: "one sentence that says what is wrong" } },
    },
  };
}

function codesOf(types: readonly ErrorType[]): readonly string[] {
  const finer = Object.entries(ERROR_CODES).filter(([, { type }]) => types.includes(type));
  return [...types, ...finer.map(([code]) => code)];
}
