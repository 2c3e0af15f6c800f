/** Planted bugs in how a server ends, in TLS, behind proxies, and in what callers take. */
import type { Mutant } from "../mutant.ts";

const DRAIN = "src/http/drain.test.ts";
const TLS = "src/http/tls.test.ts";
const SETTINGS = "src/settings.test.ts";
const FORWARDED = "src/http/forwarded.test.ts";
const PIECES = "src/http/pieces.test.ts";

export const DRAINS: readonly Mutant[] = [
  {
    name: "lists of all servers of a process share their turns",
    file: "src/http/pieces.ts",
    find: "export const slotsForLists = () => new KeyedSlots(LISTS_AT_ONCE);",
    replace: "const all = new KeyedSlots(LISTS_AT_ONCE);\nexport const slotsForLists = () => all;",
    tests: [PIECES],
  },
  {
    name: "a server that is being stopped begins more",
    file: "src/http/drain.ts",
    find: "if (this.#isDraining) this.#refuse",
    replace: "if (this.#underWay < 0) this.#refuse",
    tests: [DRAIN],
  },
  {
    name: "a server that is stopped cuts off what is under way",
    file: "src/http/drain.ts",
    find: "await withinOr(withinMs, this.#idle.promise, () => {});",
    replace: "void withinMs;\n    void withinOr;",
    tests: [DRAIN],
  },
  {
    name: "what is under way holds up a server's end without bound",
    file: "src/http/drain.ts",
    find: "await withinOr(withinMs, this.#idle.promise, () => {});",
    replace: "await withinOr(withinMs * 1e6, this.#idle.promise, () => {});",
    tests: [DRAIN],
  },
  {
    name: "who is refused by a server that ends is not waited for",
    file: "src/http/drain.ts",
    find: "    drain(request);\n    this.#count(response);\n",
    replace: "    drain(request);\n",
    tests: [DRAIN],
  },
  {
    name: "an answer that is the last of its connection does not say so",
    file: "src/http/drain.ts",
    find: 'if (!response.headersSent && response.req.complete) response.setHeader("Connection", "close");',
    replace: "",
    tests: [DRAIN],
  },
  {
    name: "a TLS handshake may take for ever",
    file: "src/http/handshakes.ts",
    find: "setTimeout(() => raw.destroy(), this.#limits.headersMs)",
    replace: "setTimeout(() => {}, this.#limits.headersMs)",
    tests: [TLS],
  },
  {
    name: "a TLS handshake that has ended is cut all the same",
    file: "src/http/handshakes.ts",
    find: "      this.#end(endsOf(secure), raw);\n",
    replace: "",
    tests: [TLS],
  },
  {
    name: "TLS handshakes are under way without bound",
    file: "src/http/handshakes.ts",
    find: "this.#shares.tryTake(prefix, 1)",
    replace: "this.#shares.tryTake(prefix, 0)",
    tests: [TLS],
  },
  {
    name: "an address has as many TLS handshakes as it likes",
    file: "src/http/handshakes.ts",
    find: "waitMs === 0 ?",
    replace: "waitMs >= 0 ?",
    tests: [TLS],
  },
  {
    name: "a TLS connection is reset as one in clear, which Node refuses",
    file: "src/http/handshakes.ts",
    find: "      runsOver(secure, raw);\n",
    replace: "      void runsOver;\n",
    tests: [TLS],
  },
  {
    name: "a server waits for TLS handshakes before it ends",
    file: "src/http/http-server.ts",
    find: "    tls?.handshakes.cut();\n",
    replace: "",
    tests: [TLS],
  },
  {
    name: "old versions of TLS are spoken",
    file: "src/http/tls-files.ts",
    find: 'minVersion: "TLSv1.2" }',
    replace: 'minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" }',
    tests: [TLS],
  },
  {
    name: "a certificate that was replaced is not taken",
    file: "src/http/tls-files.ts",
    find: "      use(found);\n",
    replace: "      void use;\n",
    tests: [TLS],
  },
  {
    name: "a key that anybody may read is not told of",
    file: "src/http/tls-files.ts",
    find: "const NOT_FOR_OTHERS = 0o027;",
    replace: "const NOT_FOR_OTHERS = 0o022;",
    tests: [TLS],
  },
  {
    name: "Lodge listens in clear wherever it is told to",
    file: "src/settings.ts",
    find: "tls === undefined && !isInsecure",
    replace: "tls !== undefined && !isInsecure",
    tests: [SETTINGS],
  },
  {
    name: "anybody says from where they come",
    file: "src/http/forwarded.ts",
    find: "hop < MOST_HOPS && hasAddress(this.#proxies, address)",
    replace: "hop < 1 || hasAddress(this.#proxies, address)",
    tests: [FORWARDED],
  },
  {
    name: "of what came to a proxy the first address is believed",
    file: "src/http/forwarded.ts",
    find: 'rest.lastIndexOf(",")',
    replace: "-1",
    tests: [FORWARDED],
  },
  {
    name: "one address behind a proxy takes all that it carries",
    file: "src/http/serve.ts",
    find: "    forwarded.admit(request, response);\n",
    replace: "",
    tests: [FORWARDED],
  },
];
