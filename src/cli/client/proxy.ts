/**
 * Which proxy an endpoint is reached by, out of the environment, as curl has it (curl(1), "ENVIRONMENT"). Node's own reading of
 * it (`proxyEnv`) differs: it takes `HTTP_PROXY`, knows no `ALL_PROXY`, goes past a proxy whose scheme is not written, and has
 * other rules for `NO_PROXY`. So the choice is made here, and Node speaks to what was chosen.
 */
import { BlockList, isIP } from "node:net";
import { addNetwork, hasAddress } from "../../base/networks.ts";
import { UsageFailure } from "./failure.ts";

/** curl's ports where a proxy names none. */
const DEFAULT_PORTS: Readonly<Record<string, string>> = { "http:": "1080", "https:": "443" };

/** The proxy that is to be gone by; null for none. Errors: `UsageFailure`, one that cannot be spoken to. */
export function proxyOf(uri: URL, env: NodeJS.ProcessEnv): URL | null {
  // Upper-case HTTP_PROXY is left out: a web server hands its callers' header "Proxy" to a CGI program under that name.
  const names = uri.protocol === "https:" ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"];
  const name = [...names, "all_proxy", "ALL_PROXY"].find((each) => env[each]);
  if (name === undefined || isExempt(uri, env.no_proxy || env.NO_PROXY || "")) return null;
  return readProxy(name, env[name] ?? "");
}

/** Errors: `UsageFailure`, which does not tell the value: it may hold a password. */
function readProxy(name: string, text: string): URL {
  const proxy = URL.parse(text.includes("://") ? text : `http://${text}`);
  const defaultPort = DEFAULT_PORTS[proxy?.protocol ?? ""];
  if (proxy === null || defaultPort === undefined)
    throw new UsageFailure(
      `${name} takes a proxy such as http://proxy.example.com:3128, by http:// or https://`,
    );
  // A URL drops the port that its scheme has anyway; curl's default is another.
  const isWritten = /:\d+$/.test(text.replace(/^[^:]+:\/\//, "").split(/[/?#]/, 1)[0] ?? "");
  if (!isWritten) proxy.port = defaultPort;
  return proxy;
}

/** Whether a host is to be reached directly: "*" is all, and each word stands for itself and all below it. */
function isExempt({ hostname }: URL, list: string): boolean {
  if (list.trim() === "*") return true;
  const words = list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== "");
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isIP(host) !== 0) {
    const exempt = new BlockList();
    for (const word of words) addNetwork(exempt, word);
    return hasAddress(exempt, host);
  }
  const names = words.map((word) => word.replace(/^\./, "").replace(/\.$/, ""));
  return names.some((name) => host === name || host.endsWith(`.${name}`));
}
