/** Planted bugs in how a database of several hosts is asked, and in the run of tests on other versions of PostgreSQL. */
import type { Mutant } from "../mutant.ts";

const FAILOVER = "src/store/postgres/failover.test.ts";
const RESULT = "scripts/postgres/result.test.ts";

export const POSTGRES: readonly Mutant[] = [
  {
    name: "a host of the database that stops taking writes is kept",
    file: "src/store/postgres/session.ts",
    find: "53300$|25006$|",
    replace: "53300$|",
    tests: [FAILOVER],
  },
  {
    name: "a standby of the database is taken for one to write to",
    file: "src/store/postgres/session.ts",
    find: 'if (url.sessionAttributes === "read-write" && row?.read_only !== "off") {',
    replace: 'if (url.sessionAttributes === "read-write" && row === undefined) {',
    tests: [FAILOVER],
  },
  {
    name: "a standby of the database is refused where any host will do",
    file: "src/store/postgres/session.ts",
    find: 'if (url.sessionAttributes === "read-write" && row?.read_only !== "off") {',
    replace: 'if (row?.read_only !== "off") {',
    tests: [FAILOVER],
  },
  {
    name: "only the first host of the database is asked",
    file: "src/store/postgres/connector.ts",
    find: "for (let step = 0; step < addresses.length; step++) {",
    replace: "for (let step = 0; step < 1; step++) {",
    tests: [FAILOVER],
  },
  {
    name: "the host of the database that served last is not asked first",
    file: "src/store/postgres/connector.ts",
    find: "        this.#served = index;\n",
    replace: "",
    tests: [FAILOVER],
  },
  {
    name: "a session with the database asks for what a superuser alone may have",
    file: "src/store/postgres/session.ts",
    find: "    tcp_keepalives_count: DEAD_CLIENT_MS / 2000,\n",
    replace: '    tcp_keepalives_count: DEAD_CLIENT_MS / 2000,\n    log_statement: "none",\n',
    tests: ["src/store/postgres/postgres-store.test.ts"],
  },
  {
    name: "tests on PostgreSQL that ran on another version count as good",
    file: "scripts/postgres/result.ts",
    find: 'const isOther = server === null || server.split(".")[0] !== version;',
    replace: "const isOther = server === version;",
    tests: [RESULT],
  },
  {
    name: "tests on PostgreSQL that did not all run count as good",
    file: "scripts/postgres/result.ts",
    find: "failed: code === 0 ? failed : Math.max(failed, 1) };",
    replace: "failed: code === 0 ? failed : Math.max(failed, 0) };",
    tests: [RESULT],
  },
  {
    name: "PostgreSQL's programs are laid out where their user cannot read them",
    file: "scripts/postgres/programs.ts",
    find: '  execFileSync("chmod", ["-R", "a+rX", folder]);\n',
    replace: "  void execFileSync;\n",
    tests: ["scripts/postgres/programs.test.ts"],
  },
  {
    name: "a PostgreSQL test that is asked to run for an hour is given up after minutes",
    file: "scripts/test/suites.ts",
    find: "testTimeoutMs: 10 * MINUTE_MS + ASKED_MS,",
    replace: "testTimeoutMs: 10 * MINUTE_MS,",
    tests: ["scripts/test/suites.test.ts"],
  },
];
