/** Planted bugs in what patterns cost, and in what bounds those who ask without credentials. */
import type { Mutant } from "../mutant.ts";

const PATTERNS = "scripts/check/pattern-cost.test.ts";
const ANONYMOUS = "src/http/anonymous-rates.test.ts";

export const EDGES: readonly Mutant[] = [
  {
    name: "the pattern of credentials is of quadratic cost",
    file: "src/http/credentials.ts",
    find: "/^basic +([a-z0-9+/_-]+={0,2}) *$/i",
    replace: "/^basic +([a-z0-9+/_-]+={0,2} *)* *$|\\s+$/i",
    tests: [PATTERNS],
  },
  {
    name: "attacks on patterns end with what the patterns take",
    file: "scripts/check/attacks.ts",
    find: 'const SUFFIXES = ["", "\\0", "\\n\\0"];',
    replace: 'const SUFFIXES = [""];',
    tests: [PATTERNS],
  },
  {
    name: "the attacks that cost the least go on to longer texts",
    file: "scripts/check/pattern-cost.ts",
    find: "timed.sort((a, b) => b.ms - a.ms);",
    replace: "timed.sort((a, b) => a.ms - b.ms);",
    tests: [PATTERNS],
  },
  {
    name: "questions of health have no rate",
    file: "src/http/server.ts",
    find: 'if (isAdmitted(dependencies, exchange, "health")) void route',
    replace: "void route",
    tests: [ANONYMOUS],
  },
  {
    name: "the description of the API is had without a rate",
    file: "src/http/server.ts",
    find: 'if (!isAdmitted(dependencies, exchange, "other")) return;\n',
    replace: "\n",
    tests: [ANONYMOUS],
  },
  {
    name: "requests without credentials have no rate",
    file: "src/http/credentials.ts",
    find: 'throw this.#anonymous.refusalOf(address, "other") ?? auth(',
    replace: "throw auth(",
    tests: [ANONYMOUS],
  },
  {
    name: "what is no HTTP is answered however often it comes",
    file: "src/http/malformed-http.ts",
    find: '|| anonymous.refusalOf(socket.remoteAddress ?? "", "other") !== null',
    replace: "",
    tests: [ANONYMOUS],
  },
  {
    name: "ambiguous requests have no rate",
    file: "src/http/serve.ts",
    find: '  if (!isAdmitted(dependencies, exchange, "other")) return;\n',
    replace: "",
    tests: [ANONYMOUS],
  },
  {
    name: "what comes without credentials takes the rate of questions of health",
    file: "src/http/anonymous-rates.ts",
    find: "this.#rates[what].take",
    replace: "this.#rates.other.take",
    tests: [ANONYMOUS],
  },
  {
    name: "each address of an IPv6 network may ask as often without credentials",
    file: "src/http/anonymous-rates.ts",
    find: "const prefix = addressPrefix(address);",
    replace: "const prefix = address;",
    tests: [ANONYMOUS],
  },
  {
    name: "all who ask without credentials behind a proxy are one address",
    file: "src/http/serve.ts",
    find: "anonymous.refusalOf(forwarded.addressOf(exchange.request), what)",
    replace: 'anonymous.refusalOf(exchange.request.socket.remoteAddress ?? "", what)',
    tests: ["src/http/forwarded.test.ts"],
  },
  {
    name: "each key that comes has a place in the table of rates",
    file: "src/http/rate-table.ts",
    find: "const PLACES = 8_192;",
    replace: "const PLACES = 2 ** 20;",
    tests: [ANONYMOUS],
  },
];
