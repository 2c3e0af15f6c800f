/** The error table (spec) as OpenAPI's responses, one for each status, named by its error types. */
import { ERROR_CODES, ERROR_TYPES, type ErrorCode, type ErrorType } from "../../base/error-codes.ts";
import { REQUEST_ID } from "./headers.ts";

/** The status that bears each type, and those of codes that have one of their own. */
export type Statuses = {
  readonly ofType: Readonly<Record<ErrorType, number>>;
  readonly ofCode: Readonly<Partial<Record<ErrorCode, number>>>;
};

/** The errors that any command can end in, and those that only a change can. */
const OF_ANY: readonly ErrorType[] = ["usage", "auth", "missing", "method", "failed", "system"];
const OF_CHANGES: readonly ErrorType[] = ["billing", "busy", "full"];

/** What stands beside the error type in the answer's head. */
const MORE_HEADERS: Readonly<Partial<Record<ErrorType, object>>> = {
  auth: {
    "WWW-Authenticate": {
      schema: { type: "string" },
      description:
        "asks for HTTP Basic credentials; absent where Sec-Fetch-Mode says that a script of a page asks",
    },
  },
  method: { Allow: { schema: { type: "string" }, description: "the methods that the command takes" } },
};

/** Of a 400. */
const KEY_AT_FAULT = {
  "X-Elastic-Key": {
    schema: { type: "string" },
    description:
      "the key that is at fault, where it is one, of at most 255 characters; in it, what is no visible ASCII and % are percent-encoded",
  },
};

/** Statuses that say that it is not the request's fault, and that come to any. */
const LATER: readonly number[] = [429, 503];

const RETRY_AFTER = {
  "Retry-After": { schema: { type: "integer" }, description: "seconds until it is worth trying again" },
};

/** What one status bears. */
type Answer = {
  /** Under which `errorsOf` refers to it. */
  readonly name: string;
  readonly status: number;
  readonly types: readonly ErrorType[];
  readonly codes: readonly string[];
  readonly description: string;
};

const TYPES = Object.keys(ERROR_TYPES) as ErrorType[];
const CODES = Object.entries(ERROR_CODES) as [
  Exclude<ErrorCode, ErrorType>,
  (typeof ERROR_CODES)[keyof typeof ERROR_CODES],
][];

/** Those of types first, each status once, then those of codes. */
function answersOf({ ofType, ofCode }: Statuses): readonly Answer[] {
  const ofTypes = [...new Set(Object.values(ofType))].map((status) => {
    const types = TYPES.filter((type) => ofType[type] === status);
    const finer = CODES.filter(([code, { type }]) => types.includes(type) && ofCode[code] === undefined);
    return {
      ...{ name: types.join("-"), status, types },
      codes: [...types, ...finer.map(([code]) => code)],
      description: types.map((type) => `\`${type}\`: ${ERROR_TYPES[type]}`).join(" "),
    };
  });
  const ofCodes = [...new Set(Object.values(ofCode))].map((status) => {
    const finer = CODES.filter(([code]) => ofCode[code] === status);
    const codes = finer.map(([code]) => code);
    return {
      ...{ name: codes.join("-"), status, codes, types: [...new Set(finer.map(([, { type }]) => type))] },
      description: finer.map(([code, { means }]) => `\`${code}\`: ${means}`).join(" "),
    };
  });
  return [...ofTypes, ...ofCodes].sort((a, b) => a.status - b.status);
}

/** All of them, by the name under which `errorsOf` refers to them. */
export function errorResponses(statuses: Statuses): Readonly<Record<string, object>> {
  return Object.fromEntries(answersOf(statuses).map((answer) => [answer.name, response(answer)]));
}

/** The errors of a command, by status. */
export function errorsOf(effect: "reads" | "changes", statuses: Statuses): Readonly<Record<string, object>> {
  const can = effect === "reads" ? OF_ANY : [...OF_ANY, ...OF_CHANGES];
  return Object.fromEntries(
    answersOf(statuses)
      .filter(({ status, types }) => LATER.includes(status) || types.some((type) => can.includes(type)))
      .map(({ name, status }) => [String(status), { $ref: `#/components/responses/${name}` }]),
  );
}

function response({ status, types, codes, description }: Answer) {
  return {
    description,
    headers: {
      "X-Elastic-Error": {
        description: "the error type",
        required: true,
        schema: { type: "string", enum: types },
      },
      "X-Lodge-Error": {
        description: "the error's code, finer than its type, which it is where there is none",
        required: true,
        schema: { type: "string", examples: codes },
      },
      ...REQUEST_ID,
      ...(status === 400 ? KEY_AT_FAULT : {}),
      ...Object.assign({}, ...types.map((type) => MORE_HEADERS[type])),
      ...(LATER.includes(status) ? RETRY_AFTER : {}),
    },
    content: {
      "text/plain": { schema: { type: "string", description: "one sentence that says what is wrong" } },
    },
  };
}
