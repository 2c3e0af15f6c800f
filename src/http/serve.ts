/**
 * The life of one request: who asks, what came, what the command makes of it, and what goes back. Every error becomes
 * an answer here.
 */
import type { Logger } from "pino";
import type { Caller, Command, Params, Request } from "../api/command.ts";
import { shown } from "../api/shown.ts";
import { failed, full, LodgeError, usage } from "../base/errors.ts";
import type { KeyedSlots } from "../base/keyed-slots.ts";
import { type Soon, whenThere } from "../base/soon.ts";
import { CommitUnknown, StoreFull, StoreUnavailable } from "../base/store-errors.ts";
import { answerable } from "../base/uncaught.ts";
import type { Accounts } from "./accounts.ts";
import { actingCaller, commandFor, ensureOpen } from "./acting.ts";
import type { Anonymous, AnonymousRates } from "./anonymous-rates.ts";
import { answerBytes } from "./answer-bytes.ts";
import { askedAgain } from "./body/asked-again.ts";
import { drain, hasBody } from "./body/body.ts";
import { type BytesInFlight, inputShareBytes } from "./body/bytes-in-flight.ts";
import { readInput } from "./body/input.ts";
import type { PaceLimits } from "./body/pace.ts";
import type { WrittenBodies } from "./body/written-body.ts";
import { type Credentials, credentialsOf } from "./credentials.ts";
import type { Exchange } from "./exchange.ts";
import { NO_INPUT } from "./formats/format.ts";
import { outputFormat } from "./formats/negotiate.ts";
import type { Forwarded } from "./forwarded.ts";
import { idempotencyKeyOf } from "./idempotency-key.ts";
import { logAnswered, logRefused } from "./log.ts";
import type { RateLimits } from "./rates.ts";
import type { RequestCounts } from "./request-counts.ts";
import { answer, answerError } from "./respond.ts";
import { allowed, type Route, routeTo, wrongMethod } from "./route.ts";
import { keepToken, keptToken } from "./session-cookie.ts";
import type { Streams } from "./streams.ts";
import { ensureTaken } from "./taking.ts";

/** What serving needs beside the request. */
export type ServeDependencies = {
  readonly accounts: Accounts;
  readonly anonymous: AnonymousRates;
  readonly credentials: Credentials;
  readonly forwarded: Forwarded;
  readonly rates: RateLimits;
  readonly counts: RequestCounts;
  readonly logger: Logger | undefined;
  readonly inFlight: BytesInFlight;
  readonly bodies: WrittenBodies;
  readonly pace: PaceLimits;
  /** Lists under way, by users. */
  readonly lists: KeyedSlots;
  readonly streams: Streams;
};

/** Serves `command`, whose path the request names. */
export function serveCommand(
  dependencies: ServeDependencies,
  command: Command,
  params: Params,
  exchange: Exchange,
): Promise<void> {
  return serve(dependencies, exchange, command, (caller) =>
    runCommand(dependencies, command, { caller, params }, exchange),
  );
}

/** Refuses a request that no route takes: `method` where another method would do, else `missing`. */
export function serveUnrouted(
  dependencies: ServeDependencies,
  routes: readonly Route[],
  exchange: Exchange,
): Promise<void> {
  return serve(dependencies, exchange, null, async ({ role }) => {
    const { url = "", method = "" } = exchange.request;
    const route = routeTo(routes, url, role);
    exchange.response.setHeader("Allow", allowed(route));
    throw wrongMethod(route, method);
  });
}

/** Refuses a request whose path cannot be decoded. */
export function serveUndecodable(dependencies: ServeDependencies, exchange: Exchange): Promise<void> {
  return serve(dependencies, exchange, null, async () => {
    throw usage(
      "malformed_path",
      `the path ${shown(exchange.request.url ?? "")} is malformed: a % takes two hexadecimal digits`,
    );
  });
}

/** Refuses a request whose headers can be read in two ways, whoever asks, and ends its connection: it is no HTTP/1.1. */
export function serveAmbiguous(dependencies: ServeDependencies, exchange: Exchange, ambiguity: string): void {
  if (!isAdmitted(dependencies, exchange, "other")) return;
  exchange.response.setHeader("Connection", "close");
  refuse(dependencies, exchange, usage("malformed_http", `this is not HTTP/1.1: ${ambiguity}`));
}

/** Whether a request may be answered that is not asked for credentials; one that may not is refused. */
export function isAdmitted(dependencies: ServeDependencies, exchange: Exchange, what: Anonymous): boolean {
  const { anonymous, forwarded } = dependencies;
  const refused = anonymous.refusalOf(forwarded.addressOf(exchange.request), what);
  if (refused !== null) refuse(dependencies, exchange, refused);
  return refused === null;
}

/** Refuses a request of which nobody knows whose it is. */
function refuse({ counts, logger, pace }: ServeDependencies, exchange: Exchange, refused: LodgeError): void {
  if (logger !== undefined) logRefused(logger, exchange, null, null, refused, refused);
  counts.refused(refused.code);
  answerError(exchange, refused);
  ensureTaken(exchange.response, pace);
  drain(exchange.request);
}

/** Lets `work` answer the caller, or answers the error that comes of it; and has the log say what came of it. */
async function serve(
  dependencies: ServeDependencies,
  exchange: Exchange,
  command: Command | null,
  work: (caller: Caller) => Soon<void>,
): Promise<void> {
  const { accounts, forwarded, rates, counts, logger, pace } = dependencies;
  const { request, response } = exchange;
  const startMs = performance.now();
  let caller: Caller | null = null;
  try {
    forwarded.admit(request, response);
    const came = credentialsOf(request, command);
    caller = recalled(dependencies, came, startMs) ?? (await verified(dependencies, exchange, came));
    // What an admin asks in another's place is none of the other's; what is not there for the caller makes nothing.
    rates.admit(caller.login, commandFor(caller.role, command), exchange, startMs);
    const acting = actingCaller(accounts, caller, request.headers);
    caller = acting instanceof Promise ? await acting : acting;
    if (command !== null) ensureOpen(caller, command, request.url ?? "");
    const admitted = caller;
    // What reads is left out, to which keeping its name costs a share of all that it does.
    const answered =
      command?.effect === "changes"
        ? answerable({ requestId: exchange.requestId, command: command.path }, async () => work(admitted))
        : work(caller);
    if (answered instanceof Promise) await answered;
    if (logger !== undefined) logAnswered(logger, exchange, command, caller, startMs);
  } catch (error) {
    const refused = refusalOf(error, exchange.requestId);
    if (logger !== undefined) logRefused(logger, exchange, command, caller, refused, error);
    counts.refused(refused.code);
    answerError(exchange, refused);
  }
  counts.answered(command, response, startMs);
  ensureTaken(response, pace);
  drain(request);
}

/** Who asks, where that was verified a moment ago, else null. */
const recalled = (
  { credentials }: ServeDependencies,
  came: string | undefined,
  nowMs: number,
): Caller | null => credentials.recall(came, nowMs);

/** Who asks. Errors: `auth`; `busy` with status 429. */
const verified = (
  { credentials, forwarded }: ServeDependencies,
  { request }: Exchange,
  came: string | undefined,
): Promise<Caller> => credentials.verify(came, forwarded.addressOf(request));

/** Who asks, now that all has come: that may have taken long, and what their key opens holds no more. Errors: `auth`; `missing`. */
async function stillCaller(
  dependencies: ServeDependencies,
  command: Command,
  exchange: Exchange,
): Promise<Caller> {
  const { headers, url = "" } = exchange.request;
  const came = credentialsOf(exchange.request, command);
  const own =
    recalled(dependencies, came, performance.now()) ?? (await verified(dependencies, exchange, came));
  const caller = await actingCaller(dependencies.accounts, own, headers);
  ensureOpen(caller, command, url);
  return caller;
}

const OUTCOME_UNKNOWN =
  "it is not known whether this was done: look whether it was; with an Idempotency-Key a create is safe to repeat";

/** What the caller is told of `error`: nothing of what is inside where it was not meant for them. */
function refusalOf(error: unknown, requestId: string): LodgeError {
  if (error instanceof LodgeError) return error;
  if (error instanceof StoreUnavailable) {
    const sentence = "the cloud's store does not answer now: try it again";
    return new LodgeError("system", sentence, { code: "store_unavailable", cause: error });
  }
  if (error instanceof StoreFull) return full("store_full", error.message, { cause: error });
  if (error instanceof CommitUnknown) {
    return failed("outcome_unknown", OUTCOME_UNKNOWN, { cause: error });
  }
  const sentence = `something went wrong in the cloud itself; its log says what, of request ${requestId}`;
  return new LodgeError("system", sentence, { cause: error });
}

/** It waits for nothing but input: each function that waits costs a share of what a cheap request does. */
function runCommand(
  dependencies: ServeDependencies,
  command: Command,
  { caller, params }: Pick<Request, "caller" | "params">,
  exchange: Exchange,
): Soon<void> {
  const { request, requestId } = exchange;
  const idempotencyKey = idempotencyKeyOf(request.headers["idempotency-key"]);
  const { takes, keys } = command;
  const ensureStill = () => stillCaller(dependencies, command, exchange);
  const body = takes === "bytes" ? askedAgain(dependencies.bodies.of(exchange, caller), ensureStill) : null;
  const address = dependencies.forwarded.addressOf(request);
  const keep = command.session && {
    keep: (token: string | null) => keepToken(exchange, token),
    kept: keptToken(request),
  };
  const asked: Request = {
    requestId,
    caller,
    address,
    params,
    input: NO_INPUT,
    body,
    idempotencyKey,
    ...keep,
  };
  if (takes === "bytes" || !hasBody(request)) return runAndAnswer(dependencies, command, asked, exchange);
  // What came is held until the command is done with it.
  return dependencies.inFlight.hold(caller, inputShareBytes(request), async () => {
    const input = await readInput({ takes, keys }, request, exchange.response);
    const caller = await ensureStill();
    await runAndAnswer(dependencies, command, { ...asked, caller, input }, exchange);
  });
}

function runAndAnswer(
  dependencies: ServeDependencies,
  command: Command,
  asked: Request,
  exchange: Exchange,
): Soon<void> {
  const { inFlight, pace, lists, streams } = dependencies;
  if (command.returns === "events") {
    const lastEventId = String(exchange.request.headers["last-event-id"] ?? "");
    return streams.answer(exchange, asked.caller, () => command.run({ ...asked, lastEventId }));
  }
  if (command.returns !== "bytes") {
    const format = outputFormat(exchange.request.headers.accept);
    return answer(exchange, command, asked, { format, pace, lists });
  }
  return whenThere(command.run(asked), (bytes) =>
    inFlight.hold(asked.caller, bytes.heldBytes, () => answerBytes(exchange, bytes, pace)),
  );
}
