/**
 * Which proxy an endpoint is reached by, out of the environment, as curl has it (curl(1), "ENVIRONMENT"). Node's own reading of
 * it (`proxyEnv`) differs: it takes `HTTP_PROXY`, knows no `ALL_PROXY`, goes past a proxy whose scheme is not written, and has
 * other rules for `NO_PROXY`. So the choice is made here, and Node speaks to what was chosen.
 */
import { BlockList, isIP } from "node:net";
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
  if (isIP(host) !== 0) return hasAddress(words, host);
  const names = words.map((word) => word.replace(/^\./, "").replace(/\.$/, ""));
  return names.some((name) => host === name || host.endsWith(`.${name}`));
}

/** Whether one of the words is the address, or a network with it, such as 192.0.2.0/24. */
function hasAddress(words: readonly string[], address: string): boolean {
  const addresses = new BlockList();
  for (const word of words) {
    const [net = "", prefix] = word.split("/");
    const family = familyOf(net);
    const longest = family === "ipv6" ? 128 : 32;
    if (family === null) continue;
    if (prefix === undefined) addresses.addAddress(net, family);
    else if (/^\d{1,3}$/.test(prefix) && Number(prefix) <= longest)
      addresses.addSubnet(net, Number(prefix), family);
  }
  return addresses.check(address, familyOf(address) ?? "ipv4");
}

function familyOf(address: string): "ipv4" | "ipv6" | null {
  const version = isIP(address);
  return version === 0 ? null : version === 4 ? "ipv4" : "ipv6";
}
