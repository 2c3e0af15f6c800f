/**
 * What goes back whole: the three kinds of data, nothing, or an error, each with its status and headers (spec: the three
 * kinds of data, the error table).
 */
import type { DataCommand, Request } from "../api/command.ts";
import type { ErrorCode } from "../base/error-codes.ts";
import type { LodgeError } from "../base/errors.ts";
import type { KeyedSlots } from "../base/keyed-slots.ts";
import { type Soon, whenThere } from "../base/soon.ts";
import type { PaceLimits } from "./body/pace.ts";
import type { Format } from "./formats/format.ts";
import { answerInPieces } from "./pieces.ts";
import { REQUEST_ID_HEADER } from "./request-id.ts";
import { type Headers, type Reply, send, sendLong } from "./send.ts";
import { statusOf } from "./status.ts";

/** How data goes back, how slowly it may be taken, and which lists are under way beside it. */
type Output = { readonly format: Format; readonly pace: PaceLimits; readonly lists: KeyedSlots };

const PROPERTIES: Headers = ["X-Elastic-Output", "properties"];

/**
 * Runs `command` and answers what it returns. Errors: what the command throws, at once or in the promise; nothing is sent
 * then.
 */
export function answer(
  reply: Reply,
  command: DataCommand,
  request: Request,
  { format, pace, lists }: Output,
): Soon<void> {
  const { contentType } = format;
  switch (command.returns) {
    case "nothing":
      return whenThere(command.run(request), () => {
        reply.response.writeHead(204, [REQUEST_ID_HEADER, reply.requestId]).end();
      });
    case "properties":
      return whenThere(command.run(request), (properties) =>
        sendLong(reply, format.write.properties(properties), { contentType, extra: PROPERTIES, pace }),
      );
    case "list":
    case "properties list":
      return lists.run(request.caller.user, () =>
        answerInPieces(reply, { kind: command.returns, format, pace }, () => command.run(request)),
      );
  }
}

/** Answers an error: type and code in headers, its sentence as text whatever the caller accepts. */
export function answerError(reply: Reply, error: LodgeError): void {
  const { response } = reply;
  // The caller may have hung up, and then there is no one to tell.
  if (response.headersSent || response.destroyed) return;
  const challenge =
    error.type === "auth" && !isAskedByScript(response) ? ["WWW-Authenticate", CHALLENGE] : [];
  const hangUp = HANGS_UP.has(error.code) ? ["Connection", "close"] : [];
  send(reply, statusOf(error), "text/plain; charset=utf-8", `${error.message}\n`, [
    ...errorHeaders(error),
    ...keyHeader(error),
    ...challenge,
    ...retryAfter(error),
    ...hangUp,
  ]);
}

/** Whoever goes on without credentials, or trying them, pays for a connection each time. */
const HANGS_UP: ReadonlySet<ErrorCode> = new Set(["too_many_anonymous", "too_many_failed_logins"]);

const CHALLENGE = 'Basic realm="Lodge", charset="UTF-8"';

/**
 * Whether a script of a page asks (Fetch Metadata Request Headers, 2.2 and 2.4). A challenge has the browser ask for a password
 * itself, and the script's `fetch` waits for that, as all that come after it do. Node's own `fetch`, which is no browser's,
 * names a mode, but no site.
 */
function isAskedByScript({ req }: Reply["response"]): boolean {
  const { "sec-fetch-mode": mode, "sec-fetch-site": site } = req.headers;
  return site !== undefined && mode !== undefined && mode !== "navigate";
}

/** A key of that many characters is too long for a header. */
const MOST_KEY_CHARACTERS = 255;

/** What is no visible ASCII, and the sign that stands before what is written instead. */
const NOT_PLAIN = /[^!-$&-~]/gu;

/**
 * Which key of the input is at fault, with a 400 that says so: as it came, but for what a header cannot hold, which is
 * percent-encoded UTF-8 (RFC 3986, 2.1).
 */
function keyHeader(error: LodgeError): Headers {
  const { key } = error;
  if (key === null || key.length > MOST_KEY_CHARACTERS || statusOf(error) !== 400) return [];
  return ["X-Elastic-Key", key.toWellFormed().replace(NOT_PLAIN, encodeURIComponent)];
}

/** What programs tell errors apart by: the specification's type, and what is finer than that. */
export const errorHeaders = ({ type, code }: LodgeError): Headers => [
  "X-Elastic-Error",
  type,
  "X-Lodge-Error",
  code,
];

/** When a caller who was refused for now may come again, in seconds (RFC 9110, 10.2.3). */
export function retryAfter(error: LodgeError): Headers {
  const status = statusOf(error);
  const laterS = error.retryAfterS ?? (status === 503 || status === 429 ? 1 : null);
  return laterS === null ? [] : ["Retry-After", String(laterS)];
}
