/**
 * Sessions of pages in a browser: the cookie that a browser keeps, and when it counts. A browser sends cookies with whatever any
 * page has it ask; so one counts where the browser itself says that a page of this very origin asks (Fetch Metadata,
 * `Sec-Fetch-Site`), and with a change only where its body is of a type that no form can send.
 */
import type { IncomingMessage } from "node:http";
import type { Command } from "../api/command.ts";
import type { Exchange } from "./exchange.ts";

/** A name that a browser lets only a secure origin set, for that origin alone (RFC 6265bis, 4.1.3.2). */
const SECURE_NAME = "__Host-lodge";
/** In clear, as on loopback: there a browser takes no cookie of the other kind, and sends those of all ports of a host to each. */
const clearName = ({ localPort }: IncomingMessage["socket"]) => `lodge-${localPort}`;

const TOKEN = /^[0-9a-f-]{36}\.[\w-]{1,64}$/;

/** Types that a form cannot send, and that a page sends to another origin only where that lets it (Fetch, CORS-safelisted). */
const TYPES_OF_CHANGES = {
  nothing: ["application/json"],
  properties: ["application/json"],
  bytes: ["application/json", "application/octet-stream"],
} as const satisfies Readonly<Record<Command["takes"], readonly string[]>>;

/** What a browser is to send, null where it sends none that counts. `command` is null where the request names none. */
export function sessionTokenOf(request: IncomingMessage, command: Command | null): string | null {
  const { headers, method } = request;
  if (headers.cookie === undefined) return null;
  // A session begins no other: a stolen cookie is good no longer than its own.
  if (command?.session === "begins") return null;
  const isReading = command === null ? method === "GET" || method === "HEAD" : command.effect === "reads";
  if (!isReading) {
    const [type = ""] = (headers["content-type"] ?? "").split(";", 1);
    const types: readonly string[] = TYPES_OF_CHANGES[command?.takes ?? "nothing"];
    if (!types.includes(type.trim().toLowerCase())) return null;
  }
  return keptToken(request);
}

/** What the browser of a page of this origin has kept, for whatever it asks; null where it has nothing. */
export function keptToken({ headers, socket }: IncomingMessage): string | null {
  const { cookie } = headers;
  if (cookie === undefined || headers["sec-fetch-site"] !== "same-origin") return null;
  const token =
    cookieNamed(cookie, SECURE_NAME) ?? (isEncrypted(socket) ? null : cookieNamed(cookie, clearName(socket)));
  return token !== null && TOKEN.test(token) ? token : null;
}

/** Has the caller's browser keep the token, or forget whichever it has. */
export function keepToken({ request, response }: Exchange, token: string | null): void {
  const { socket, headers } = request;
  if (token === null) {
    const over = "Path=/; HttpOnly; SameSite=Strict; Max-Age=0";
    response.setHeader("Set-Cookie", [`${SECURE_NAME}=; Secure; ${over}`, `${clearName(socket)}=; ${over}`]);
    return;
  }
  // Behind a proxy that speaks TLS the browser says so itself: whoever lies harms themselves.
  const isSecure = isEncrypted(socket) || headers.origin?.startsWith("https://") === true;
  const name = isSecure ? `${SECURE_NAME}=${token}; Secure` : `${clearName(socket)}=${token}`;
  response.setHeader("Set-Cookie", `${name}; Path=/; HttpOnly; SameSite=Strict`);
}

const isEncrypted = (socket: IncomingMessage["socket"]) => "encrypted" in socket;

/** The value of the first cookie of that name (RFC 6265, 5.4). */
function cookieNamed(header: string, name: string): string | null {
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return null;
}
