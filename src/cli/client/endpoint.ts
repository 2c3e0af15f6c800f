/**
 * Where the API is and who asks, out of the environment (spec: steps 1 and 2 of the worked example): `EHURI` with or
 * without a trailing slash, `EHAUTH` as USER:SECRET or, with the secret asked for, USER alone.
 */
import type { Agent } from "node:http";
import { http, https } from "../../base/node-http.ts";
import { UsageFailure } from "./failure.ts";
import { proxyOf } from "./proxy.ts";
import { askSecret } from "./secret.ts";

export type Endpoint = {
  /** Without a trailing slash. */
  readonly uri: URL;
  /** The value of the `Authorization` header. */
  readonly authorization: string;
  /** What it is reached by; null: directly. */
  readonly proxy: URL | null;
  /** Keeps connections to it, or to the proxy, for the next call. */
  readonly agent: Agent;
};

/** Errors: `UsageFailure` for what is missing or malformed, and when there is no terminal to ask for the secret. */
export async function findEndpoint(
  env: NodeJS.ProcessEnv = process.env,
  ask: (prompt: string) => Promise<string> = askSecret,
): Promise<Endpoint> {
  const uri = readUri(env.EHURI ?? "");
  const proxy = proxyOf(uri, env);
  if (!env.EHAUTH) throw new UsageFailure("EHAUTH is not set: export EHAUTH=<user uuid>:<secret API key>");
  const [user = "", ...rest] = env.EHAUTH.split(":");
  const secret = rest.join(":") || (await ask(`Secret API key of ${user}: `));
  const authorization = `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`;
  return { uri, authorization, proxy, agent: agentFor(uri, proxy) };
}

/** Errors: `UsageFailure` where this Node cannot speak to a proxy: it would go past it without a word. */
function agentFor({ protocol }: URL, proxy: URL | null): Agent {
  if (proxy !== null && !process.allowedNodeEnvironmentFlags.has("--use-env-proxy"))
    throw new UsageFailure(
      `Node ${process.version} cannot go by the proxy ${proxy.host}: it takes Node 24.5 or later`,
    );
  const proxyEnv = proxy === null ? {} : { http_proxy: proxy.href, https_proxy: proxy.href };
  const options = { keepAlive: true, proxyEnv };
  return new (protocol === "https:" ? https() : http).Agent(options);
}

function readUri(text: string): URL {
  if (text === "") throw new UsageFailure("EHURI is not set: export EHURI=<address of the API>");
  const uri = URL.parse(withoutLastSlashes(text));
  if (uri === null || !["http:", "https:"].includes(uri.protocol)) {
    throw new UsageFailure(`EHURI takes an address that begins with http:// or https://, not "${text}"`);
  }
  return uri;
}

/** Whether an endpoint seems to be on this very machine; what is there may be a tunnel's end. */
export function isNear({ uri, proxy }: Endpoint): boolean {
  return proxy === null && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(uri.hostname);
}

/** A text without the slashes that it ends with. */
export function withoutLastSlashes(text: string): string {
  let end = text.length;
  while (text[end - 1] === "/") end--;
  return text.slice(0, end);
}
