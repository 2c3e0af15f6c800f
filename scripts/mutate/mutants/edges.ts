/**
 * Planted bugs in what patterns cost, in what bounds those who ask without credentials, in what is told of a cloud, and in
 * what is left of processes that ended.
 */
import type { Mutant } from "../mutant.ts";

const PATTERNS = "scripts/check/pattern-cost.test.ts";
const DAMAGED = "src/operator/damaged-records.test.ts";
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
  {
    name: "what is damaged in the store is not told",
    file: "src/operator/status.ts",
    find: "damaged: await damagedRecords(dependencies.store),",
    replace: "damaged: [],",
    tests: [DAMAGED],
  },
  {
    name: "a damaged record counts as well",
    file: "src/operator/needs.ts",
    find: "    ...damaged.map(",
    replace: "    ...damaged.slice(0, 0).map(",
    tests: ["src/cli/lodge/status-lines.test.ts"],
  },
  {
    name: "a configuration that is JSON and none is not damaged",
    file: "src/servers/server.ts",
    find: "    return configurationOf(CONFIG.parse(JSON.parse(config)));\n  } catch {\n    return null;",
    replace:
      "    return configurationOf(CONFIG.parse(JSON.parse(config)));\n  } catch (error) {\n    return error instanceof SyntaxError ? null : ({} as Configuration);",
    tests: [DAMAGED],
  },
  {
    name: "a damaged host hides its status",
    file: "src/hosts/hosts.ts",
    find: 'row.facts !== "" && damagedHostColumns(row).length === 0;',
    replace: 'row.facts !== "";',
    tests: [DAMAGED],
  },
  {
    name: "an image that is being imported is told as damaged",
    file: "src/drives/drive.ts",
    find: 'phase === "ready" ? STANDARD : UNFINISHED',
    replace: "phase ? STANDARD : UNFINISHED",
    tests: [DAMAGED],
  },
  {
    name: "servers are looked for where their runtime directory is, and are none without it",
    file: "src/cli/lodge/status.ts",
    find: "Promise.all(directories.map(runningServers))",
    replace: "Promise.all(directories.filter(existsSync).map(runningServers))",
    tests: ["test/operator.test.ts"],
  },
  {
    name: "a daemon whose runtime directory is gone counts as none",
    file: "src/cli/lodge/status.ts",
    find: "gone !== null && isLocked(lockFile)",
    replace: "false && isLocked(lockFile)",
    tests: ["test/operator.test.ts"],
  },
  ...["local", "broadcast", "anycast", "multicast"].map((left) => ({
    name: `guests reach the machine by its ${left} addresses alone`,
    file: "src/host/network/world.ts",
    find: "{ local, broadcast, anycast, multicast }",
    replace: `{ ${["local", "broadcast", "anycast", "multicast"].filter((kind) => kind !== left).join(", ")} }`,
    tests: ["src/host/network/world.test.ts"],
  })),
  {
    name: "a key that a start was making as it was killed stays for ever",
    file: "src/main.ts",
    find: "  clearUnfinished(home.dir);\n",
    replace: "",
    tests: ["test/start-home.test.ts"],
  },
  {
    name: "what another process is making is cleared",
    file: "src/base/atomic-file.ts",
    find: "(pid === process.pid || !isThere(pid))",
    replace: "(pid === process.pid || isThere(pid) !== null)",
    tests: ["src/base/atomic-file.test.ts"],
  },
  {
    name: "what was left by an earlier process of the same number stays",
    file: "src/base/atomic-file.ts",
    find: "pid === process.pid || ",
    replace: "",
    tests: ["src/base/atomic-file.test.ts"],
  },
  {
    name: "a worker that works is taken for one that does nothing",
    file: "src/host/process/process.ts",
    find: "tookTicks: ofField(14) + ofField(15)",
    replace: "tookTicks: ofField(22)",
    tests: ["src/host/process/process.test.ts"],
  },
];
