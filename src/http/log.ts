/** What the log says of a request once it is over: who asked for what, under which id, and what came of it. */
import type { Logger } from "pino";
import type { Caller, Command } from "../api/command.ts";
import { shown } from "../api/shown.ts";
import type { LodgeError } from "../base/errors.ts";
import type { Exchange } from "./exchange.ts";

/** How much of a URL a line repeats: all of one that a command has. */
const URL_CHARACTERS = 500;

/** The URL as it came may hold any byte but those that end it; one that stays within is logged as it is. */
function urlOf({ url = "" }: Exchange["request"]): string {
  return url.length <= URL_CHARACTERS && PLAIN_URL.test(url) ? url : shown(url, URL_CHARACTERS);
}

const PLAIN_URL = /^[!-~]+$/;

/** Changes are logged at `info`, since the log is where an operator looks for who did what; reading is for `debug`. */
export function logAnswered(
  logger: Logger,
  { request, requestId }: Exchange,
  command: Command | null,
  caller: Caller,
  startMs: number,
): void {
  const level = command?.effect === "changes" ? "info" : "debug";
  if (!logger.isLevelEnabled(level)) return;
  logger[level](
    {
      requestId,
      command: command?.path,
      url: urlOf(request),
      ...whoIs(caller),
      durationMs: Math.round(performance.now() - startMs),
    },
    "request answered",
  );
}

/** The account, and who acts in its place. */
const whoIs = ({ user, login }: Caller) => (user === login.user ? { user } : { user, actor: login.user });

/**
 * Told at `error` where it was no fault of the caller's, and at `warn` where a host is full, with all that led to it.
 * Whoever did not say who they are, or is beyond their rate, fills no log: failed logins have lines of their own
 * (`failed-logins.ts`).
 */
export function logRefused(
  logger: Logger,
  { request, requestId }: Exchange,
  command: Command | null,
  caller: Caller | null,
  { type, code, message }: LodgeError,
  error: unknown,
): void {
  const fields = {
    requestId,
    command: command?.path,
    method: request.method,
    url: urlOf(request),
    ...(caller === null ? {} : whoIs(caller)),
    code,
  };
  if (type === "system" || type === "failed") logger.error({ ...fields, err: error }, "request failed");
  else if (type === "full" && error instanceof Error && error.cause !== undefined)
    logger.warn({ ...fields, err: error }, "request refused");
  else if (command?.effect === "changes" && caller !== null && code !== "rate_exceeded")
    logger.info({ ...fields, reason: message }, "request refused");
  else logger.debug({ ...fields, reason: message }, "request refused");
}
