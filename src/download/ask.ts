/**
 * One GET, of which the connection goes to an address that was judged: the name is looked up once, as it is connected to, and
 * nothing is connected to but what the judge lets through of that very answer.
 */
import type { IncomingMessage, RequestOptions } from "node:http";
import { isIP } from "node:net";
import { DeadlineExceeded } from "../base/deadline.ts";
import { LodgeError, usage } from "../base/errors.ts";
import { addressesOf, type FindAddresses, lookupBy } from "../base/lookup.ts";
import { http, https } from "../base/node-http.ts";
import { AS_IT_IS } from "./content.ts";
import type { AddressJudge } from "./judge.ts";

const MOST_HEADER_BYTES = 16 * 1024;

export type AskOptions = {
  readonly judge: Pick<AddressJudge, "allows">;
  /** How names are looked up. */
  readonly find?: FindAddresses;
  /** How long a connection may take, and from then on the beginning of an answer. */
  readonly connectMs: number;
  readonly answerMs: number;
};

/** What is said of a URL: no more, since its path and query may be secrets. */
export const originOf = (url: URL): string => url.origin;

/**
 * The beginning of the answer; whoever has it reads it or destroys it. Errors: `usage`, no address of it is fetched from;
 * SourceLost.
 */
export async function ask(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  { judge, find = addressesOf, connectMs, answerMs }: AskOptions,
): Promise<IncomingMessage> {
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const name = url.hostname.replace(/^\[|\]$/g, "");
  // An address is connected to without being looked up.
  if (isIP(name) !== 0 && !judge.allows(name, port)) throw notFetchedFrom(url);
  const judged = async (hostname: string) => {
    const all = await find(hostname);
    const allowed = all.filter(({ address }) => judge.allows(address, port));
    if (allowed.length === 0) throw notFetchedFrom(url);
    return allowed;
  };
  const options: RequestOptions = {
    ...{ signal, agent: false, lookup: lookupBy(judged), maxHeaderSize: MOST_HEADER_BYTES },
    headers: { ...AS_IT_IS, ...headers, "User-Agent": "Lodge", Accept: "*/*", Connection: "close" },
  };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = (url.protocol === "https:" ? https() : http).request(url, options);
  const within = (ms: number, what: string) =>
    setTimeout(() => request.destroy(new DeadlineExceeded(`${what} ${originOf(url)}`, ms)), ms);
  let timer = within(connectMs, "the connection to");
  request.on("socket", (socket) =>
    socket.once(url.protocol === "https:" ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      timer = within(answerMs, "the answer of");
    }),
  );
  request.on("response", resolve);
  // Also what comes after the answer has begun: whoever reads that is told by it.
  request.on("error", reject);
  request.end();
  try {
    return await promise;
  } catch (error) {
    signal.throwIfAborted();
    throw lost(url, error);
  } finally {
    clearTimeout(timer);
  }
}

/** The source is not there now, or was lost on the way: that may pass. Its sentence is for whoever asked. */
export class SourceLost extends Error {
  constructor(sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = "SourceLost";
  }
}

/** In the same words whether the name is there or not: what names there are in the machine's networks is nobody's to find out. */
const notFetchedFrom = (url: URL): LodgeError =>
  usage(`${originOf(url)} has no address that is fetched from`);

const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was lost",
  ECONNABORTED: "the connection was lost",
  EPIPE: "the connection was lost",
  ENETUNREACH: "there is no way to it",
  EHOSTUNREACH: "there is no way to it",
  ETIMEDOUT: "it does not answer",
  ETIMEOUT: "no name server answers",
};

const UNKNOWN_NAMES: readonly string[] = ["ENOTFOUND", "ENODATA", "EAI_AGAIN", "EAI_NODATA", "EAI_NONAME"];

/** An error of a connection as whoever asked is to read it: nothing of it but what kind it is, which the other end does not word. */
export function lost(url: URL, error: unknown): Error {
  if (error instanceof LodgeError || error instanceof SourceLost) return error;
  if (error instanceof DeadlineExceeded) return new SourceLost(error.message, { cause: error });
  const { code = "" } = error as NodeJS.ErrnoException;
  if (UNKNOWN_NAMES.includes(code)) return notFetchedFrom(url);
  const why = SENTENCES[code] ?? (code.startsWith("HPE_") ? "it does not answer in HTTP" : code);
  const sentence = `${originOf(url)} cannot be read${why === "" ? "" : `: ${why}`}`;
  return new SourceLost(sentence, { cause: error });
}
