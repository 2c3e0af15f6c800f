/**
 * The errors a command can end in: one small family, thrown where they are found and turned into a status in one
 * place (spec: the error table). The message is the sentence that people read, the code is what programs compare.
 */

/** What each `X-Elastic-Error` type means (spec: the error table). */
export const ERROR_TYPES = {
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
} as const;

export type ErrorType = keyof typeof ERROR_TYPES;

type CodeRow = { readonly type: ErrorType; readonly means: string };

/**
 * Every code that an error can bear besides its type, and what it means. A code is stable: a sentence may be worded
 * anew, a code keeps its meaning. An error that has no code of its own bears the name of its type.
 */
export const ERROR_CODES = {
  unknown_key: { type: "usage", means: "The command knows no such key." },
  key_not_settable: { type: "usage", means: "The key cannot be given to this command." },
  key_required: { type: "usage", means: "A required key is missing, or would be unset." },
  malformed_key: {
    type: "usage",
    means: "The name of a key is empty, or has a space or a control character.",
  },
  malformed_value: { type: "usage", means: "A value is not what its key takes." },
  conflicting_keys: { type: "usage", means: "One key came under two names with different values." },
  attributes_too_large: { type: "usage", means: "The object would keep more than it may." },
  malformed_body: { type: "usage", means: "The body is not what its Content-Type or Content-Encoding says." },
  body_too_large: { type: "usage", means: "The properties are longer than a body of them may be." },
  body_not_empty: { type: "usage", means: "The command takes no properties, and some came." },
  body_cut_off: { type: "usage", means: "The connection ended before the whole body had come." },
  unsupported_content_type: { type: "usage", means: "Properties came in neither content type." },
  unsupported_content_encoding: {
    type: "usage",
    means: "The body is coded as the command does not take it.",
  },
  chunked_body: { type: "usage", means: "A write came with Transfer-Encoding: chunked." },
  malformed_path: { type: "usage", means: "The path of the URL cannot be decoded." },
  malformed_idempotency_key: {
    type: "usage",
    means: "The header Idempotency-Key is not 1 to 255 characters.",
  },
  malformed_http: { type: "usage", means: "What came is not HTTP/1.1." },
  headers_too_large: { type: "usage", means: "The URL and the headers are too long." },
  headers_timeout: { type: "usage", means: "The headers took too long to come." },
  credentials_missing: { type: "auth", means: "The header Authorization is missing." },
  credentials_malformed: { type: "auth", means: "The header Authorization is not HTTP Basic." },
  credentials_wrong: { type: "auth", means: "No user has this uuid with this secret API key." },
  no_such_command: { type: "missing", means: "There is no command of this path." },
  no_such_drive: { type: "missing", means: "There is no such drive, or the caller may not read it." },
  no_such_server: { type: "missing", means: "There is no such server, or it is not the caller's." },
  no_such_resource: { type: "missing", means: "There is no such resource, or it is not the caller's." },
  drive_read_only: { type: "missing", means: "The caller may read the drive but not change it." },
  wrong_method: { type: "method", means: "The command takes another method; the header Allow names those." },
  unknown_method: { type: "method", means: "No command takes the method." },
  server_not_stopped: { type: "busy", means: "The key can only be changed while the server is stopped." },
} as const satisfies Readonly<Record<string, CodeRow>>;

/** The codes that errors of a type bear. */
export type CodeOf<Type extends ErrorType> =
  | Type
  | {
      [Code in keyof typeof ERROR_CODES]: (typeof ERROR_CODES)[Code]["type"] extends Type ? Code : never;
    }[keyof typeof ERROR_CODES];

export type ErrorCode = CodeOf<ErrorType>;

type ErrorDetails = ErrorOptions & { readonly code?: ErrorCode };

/** An error that is meant for the caller; anything else that is thrown is a defect and answered as `system`. */
export class LodgeError extends Error {
  readonly type: ErrorType;
  readonly code: ErrorCode;

  constructor(type: ErrorType, message: string, { code = type, ...options }: ErrorDetails = {}) {
    super(message, options);
    this.name = "LodgeError";
    this.type = type;
    this.code = code;
  }
}

/** Makes errors of a type, of a code of its own where one is given first. */
type MakeError<Type extends ErrorType> = {
  (code: CodeOf<Type>, message: string, options?: ErrorOptions): LodgeError;
  (message: string, options?: ErrorOptions): LodgeError;
};

function makerOf<Type extends ErrorType>(type: Type): MakeError<Type> {
  return (first: string, second?: string | ErrorOptions, options?: ErrorOptions) =>
    typeof second === "string"
      ? new LodgeError(type, second, { ...options, code: first as CodeOf<Type> })
      : new LodgeError(type, first, second);
}

/** 400: the caller's input is wrong, and nothing was changed. */
export const usage = makerOf("usage");
/** 401: credentials are missing or wrong. */
export const auth = makerOf("auth");
/** 404: the command or the object does not exist, or is not the caller's to see. */
export const missing = makerOf("missing");
/** 405: a changing command came by another method than POST. */
export const method = makerOf("method");
/** 409: the object, or one that it needs, is in use. */
export const busy = makerOf("busy");
/** 507: there is no room left. */
export const full = makerOf("full");
/** 500: the command was right, and its effect on a host did not come about. */
export const failed = makerOf("failed");
