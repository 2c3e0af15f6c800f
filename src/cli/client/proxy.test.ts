import assert from "node:assert/strict";
import { test } from "node:test";
import { proxyOf } from "./proxy.ts";

/** The environment, the endpoint, and the proxy that curl goes by (tried with curl 7.88.1); "" is none. */
const CHOICES: readonly [env: NodeJS.ProcessEnv, uri: string, proxy: string][] = [
  [{}, "https://api.example.org/", ""],
  [{ https_proxy: "http://p:3128" }, "https://api.example.org/", "http://p:3128/"],
  [{ HTTPS_PROXY: "http://p:3128" }, "https://api.example.org/", "http://p:3128/"],
  [{ https_proxy: "http://p:1", HTTPS_PROXY: "http://p:2" }, "https://api.example.org/", "http://p:1/"],
  [{ https_proxy: "", HTTPS_PROXY: "http://p:2" }, "https://api.example.org/", "http://p:2/"],
  [{ https_proxy: "http://p:1" }, "http://api.example.org/", ""],
  [{ http_proxy: "http://p:1" }, "http://api.example.org/", "http://p:1/"],
  [{ HTTP_PROXY: "http://p:1" }, "http://api.example.org/", ""],
  [{ http_proxy: "http://p:1" }, "https://api.example.org/", ""],
  [{ all_proxy: "http://p:1" }, "https://api.example.org/", "http://p:1/"],
  [{ ALL_PROXY: "http://p:1" }, "http://api.example.org/", "http://p:1/"],
  [{ ALL_PROXY: "http://p:1", https_proxy: "http://p:2" }, "https://api.example.org/", "http://p:2/"],
  // Without a scheme it is HTTP, and without a port 1080, or 443 by TLS.
  [{ https_proxy: "p" }, "https://api.example.org/", "http://p:1080/"],
  [{ https_proxy: "http://p" }, "https://api.example.org/", "http://p:1080/"],
  [{ https_proxy: "http://p:80" }, "https://api.example.org/", "http://p/"],
  [{ https_proxy: "https://p" }, "https://api.example.org/", "https://p/"],
  [{ https_proxy: "me:secret@[::1]:8080" }, "https://api.example.org/", "http://me:secret@[::1]:8080/"],
];
for (const [env, uri, proxy] of CHOICES) {
  test(`${JSON.stringify(env)} reaches ${uri} by ${proxy || "no proxy"}`, () => {
    assert.equal(proxyOf(new URL(uri), env)?.href ?? "", proxy);
  });
}

const EXEMPTIONS: readonly [noProxy: string, host: string, isExempt: boolean][] = [
  ["*", "api.example.org", true],
  ["*,x", "api.example.org", false],
  ["api.example.org", "api.example.org", true],
  ["example.org", "api.example.org", true],
  [".example.org", "api.example.org", true],
  [".example.org", "example.org", true],
  ["EXAMPLE.org", "api.Example.ORG", true],
  ["ample.org", "api.example.org", false],
  ["api.example.org.uk", "api.example.org", false],
  ["*.example.org", "api.example.org", false],
  ["localhost, example.org", "api.example.org", true],
  ["localhost example.org", "api.example.org", true],
  ["127.0.0.1", "127.0.0.1", true],
  ["0.0.1", "127.0.0.1", false],
  ["127.0.0.0/8", "127.0.0.1", true],
  ["10.0.0.0/8", "127.0.0.1", false],
  ["10.0.0.0/99,nonsense/8,127.0.0.1", "127.0.0.1", true],
  ["::1", "[::1]", true],
  ["[::1]", "[::1]", false],
  ["2001:db8::/32", "[2001:db8::7]", true],
  ["2001:db8::/32", "[2001:db9::7]", false],
  ["", "api.example.org", false],
];
for (const [list, host, isExempt] of EXEMPTIONS) {
  test(`no_proxy "${list}" ${isExempt ? "exempts" : "does not exempt"} ${host}`, () => {
    const uri = new URL(`https://${host}/`);
    for (const name of ["no_proxy", "NO_PROXY"]) {
      const proxy = proxyOf(uri, { https_proxy: "http://p:3128", [name]: list });
      assert.equal(proxy === null, isExempt);
    }
  });
}

test("a proxy that is none, or of another kind, is refused without its password", () => {
  for (const text of ["socks5://me:secret@p:1080", "ftp://secret@p", "http://", "http://secret@p:port"]) {
    assert.throws(
      () => proxyOf(new URL("https://a/"), { ALL_PROXY: text }),
      (error: Error) => {
        assert.equal(error.name, "UsageFailure");
        assert.match(error.message, /^ALL_PROXY takes a proxy such as/);
        return !error.message.includes("secret");
      },
    );
  }
});
