import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runToEnd } from "../testing/run.ts";
import type { LodgeError } from "./base/errors.ts";
import { parseListen, readSettings } from "./settings.ts";

const MAIN = [process.execPath, join(import.meta.dirname, "main.ts")] as const;

test("an address to listen on is a host and a port", () => {
  assert.deepEqual(parseListen("127.0.0.1:8480"), { host: "127.0.0.1", port: 8480 });
  assert.deepEqual(parseListen("[::1]:0"), { host: "::1", port: 0 });
  for (const bad of ["8480", "localhost:", "::1:80", "h:70000"]) {
    assert.throws(() => parseListen(bad), { type: "usage" }, bad);
  }
});

test("metrics are told nowhere by default, and where a port alone is said, on loopback", () => {
  assert.equal(readSettings([], {}).admin, undefined);
  assert.deepEqual(readSettings(["--admin", "9480"], {}).admin, { host: "127.0.0.1", port: 9480 });
  assert.deepEqual(readSettings([], { LODGE_ADMIN: "[::]:1" }).admin, { host: "::", port: 1 });
  const refused = { type: "usage", message: /^--admin \/ LODGE_ADMIN takes PORT or HOST:PORT/ };
  for (const bad of ["localhost", "70000", ":1", "1:2:3"]) {
    assert.throws(() => readSettings(["--admin", bad], {}), refused, bad);
  }
});

test("a flag goes before the environment, and that before the default", () => {
  const env = { LODGE_LISTEN: "127.0.0.1:2" };
  assert.equal(readSettings(["--listen", "127.0.0.1:1"], env).listen.port, 1);
  assert.equal(readSettings([], env).listen.port, 2);
  assert.equal(readSettings([], {}).listen.port, 8480);
});

test("where the state is comes from the flag, the environment or, when neither says it, the home", () => {
  const env = { LODGE_DATABASE: "postgres://a/b" };
  assert.equal(readSettings(["--database", "sqlite"], env).database, "sqlite");
  assert.equal(readSettings([], env).database, "postgres://a/b");
  assert.equal(readSettings([], {}).database, undefined);
});

test("the ports that guests reach come from the flag, the environment or, when neither says it, the home", () => {
  const env = { LODGE_GUEST_PORTS: "53/udp" };
  const port = (first: number, protocol: "udp" | null) => [{ first, last: first, protocol }];
  assert.deepEqual(readSettings(["--guest-ports", "8480"], env).guestPorts, port(8480, null));
  assert.deepEqual(readSettings([], env).guestPorts, port(53, "udp"));
  assert.deepEqual(readSettings(["--guest-ports", "none"], env).guestPorts, []);
  assert.equal(readSettings([], {}).guestPorts, undefined);
});

test("in clear Lodge listens on a loopback address alone, unless it is said that it may elsewhere", () => {
  const loopback = ["127.0.0.1:1", "127.8.0.1:1", "[::1]:1", "localhost:1", "LOCALHOST:1"];
  for (const listen of loopback) assert.equal(readSettings([], { LODGE_LISTEN: listen }).tls, undefined);
  for (const listen of [
    "0.0.0.0:1",
    "[::]:1",
    "192.0.2.1:1",
    "example.org:1",
    "[fe80::1]:1",
    "128.0.0.1:1",
  ]) {
    const message = (error: Error & { type?: string }) =>
      error.type === "usage" &&
      error.message.startsWith(`at ${listen} (--listen / LODGE_LISTEN)`) &&
      ["--tls-cert FILE --tls-key FILE", "--insecure / LODGE_INSECURE=1"].every((way) =>
        error.message.includes(way),
      );
    assert.throws(() => readSettings(["--listen", listen], {}), message);
    assert.throws(() => readSettings(["--listen", listen], { LODGE_INSECURE: "0" }), message);
    readSettings(["--listen", listen, "--insecure"], {});
    readSettings([], { LODGE_LISTEN: listen, LODGE_INSECURE: "1" });
    const { tls } = readSettings(["--listen", listen, "--tls-cert", "c"], { LODGE_TLS_KEY: "k" });
    assert.deepEqual(tls, { cert: "c", key: "k" });
  }
});

test("a certificate and its key are named together", () => {
  assert.throws(() => readSettings(["--tls-cert", "c"], {}), { type: "usage", message: /--tls-key/ });
  assert.throws(() => readSettings(["--tls-key", "k", "--tls-cert", ""], {}), { type: "usage" });
  assert.throws(() => readSettings([], { LODGE_TLS_KEY: "k" }), { type: "usage", message: /LODGE_TLS_CERT/ });
});

test("proxies that are trusted are addresses and networks", () => {
  assert.deepEqual(readSettings([], {}).trustProxies, []);
  const words = readSettings(["--trust-proxy", "127.0.0.1, 192.0.2.0/24,2001:db8::/32"], {}).trustProxies;
  assert.deepEqual(words, ["127.0.0.1", "192.0.2.0/24", "2001:db8::/32"]);
  for (const bad of ["proxy.example.org", "192.0.2.0/33", "127.0.0.1,", "*"]) {
    assert.throws(() => readSettings([], { LODGE_TRUST_PROXY: bad }), {
      ...{ type: "usage", message: /^--trust-proxy \/ LODGE_TRUST_PROXY takes/ },
    });
  }
});

test("an unknown flag is refused in one line that says what is known", () => {
  const message = /^Unknown option '--hme'.*--home DIR.*$/;
  assert.throws(() => readSettings(["--hme", "x"], {}), { type: "usage", message });
});

test("uids for servers are a range of uids that are nobody's by custom", () => {
  assert.equal(readSettings([], {}).serverUids, undefined);
  const { serverUids } = readSettings([], { LODGE_UIDS: "200000-200999" });
  assert.deepEqual(serverUids, { first: 200_000, last: 200_999 });
  for (const bad of [
    "5000",
    "0-5000",
    "5000-4000",
    "1000-4294967295",
    "1000-2000-3000",
    "x-y",
    "0000-0100",
    "01000-2000",
  ]) {
    assert.throws(() => readSettings([], { LODGE_UIDS: bad }), { type: "usage", message: /LODGE_UIDS/ });
  }
});

test("drives are filled from URLs where the operator says so, and from networks that are not public where they name those", () => {
  assert.equal(readSettings([], {}).fetch, null);
  assert.equal(readSettings([], { LODGE_FETCH: "0" }).fetch, null);
  assert.deepEqual(readSettings([], { LODGE_FETCH: "1" }).fetch, { allow: [] });
  const env = { LODGE_FETCH: "1", LODGE_FETCH_ALLOW: "192.0.2.7, 10.1.0.0/16,fd00::/8" };
  assert.deepEqual(readSettings([], env).fetch, { allow: ["192.0.2.7", "10.1.0.0/16", "fd00::/8"] });
});

test("how many imagings go on at once is a number of at least 1", () => {
  assert.equal(readSettings([], {}).imagings, 3);
  assert.equal(readSettings([], { LODGE_IMAGINGS: "5" }).imagings, 5);
  for (const bad of ["0", "many", "-1", "1000"]) {
    assert.throws(() => readSettings([], { LODGE_IMAGINGS: bad }), {
      type: "usage",
      message: /LODGE_IMAGINGS/,
    });
  }
});

test("limits and rates have defaults, and take numbers of at least 1", () => {
  const { limits, rates } = readSettings([], {});
  assert.deepEqual(limits, { servers: 2_000, drives: 5_000, ip: 256, vlan: 256 });
  assert.deepEqual(rates, {
    requests: 60_000,
    bytes: 2 ** 36,
    objects: 600,
    failedLogins: 60,
    anonymous: 6_000,
  });
  const env = { LODGE_LIMIT_IP: "7", LODGE_LIMIT_SERVERS: "10000", LODGE_RATE_MIB: "3" };
  const changed = readSettings([], env);
  assert.deepEqual([changed.limits.ip, changed.limits.servers], [7, 10_000]);
  assert.equal(changed.rates.bytes, 3 * 2 ** 20);
  for (const name of [
    "LODGE_LIMIT_DRIVES",
    "LODGE_LIMIT_VLAN",
    "LODGE_RATE_REQUESTS",
    "LODGE_RATE_OBJECTS",
    "LODGE_RATE_ANONYMOUS",
  ]) {
    for (const bad of ["0", "many", "-1", "1.5", "99999999999"]) {
      assert.throws(() => readSettings([], { [name]: bad }), {
        type: "usage",
        message: new RegExp(`^${name} `),
      });
    }
  }
});

test("what is logged is one of pino's levels, from info on where nothing is said", () => {
  assert.equal(readSettings([], {}).logLevel, "info");
  for (const level of ["trace", "debug", "info", "warn", "error", "fatal", "silent"]) {
    assert.equal(readSettings([], { LODGE_LOG_LEVEL: level }).logLevel, level);
  }
});

const BAD: readonly [what: string, flags: readonly string[], env: NodeJS.ProcessEnv, says: string][] = [
  [
    "a log level that is none",
    [],
    { LODGE_LOG_LEVEL: "loud" },
    'LODGE_LOG_LEVEL takes trace, debug, info, warn, error, fatal, silent, not "loud"',
  ],
  ["an address that is none", ["--listen", "8480"], {}, "--listen / LODGE_LISTEN takes HOST:PORT"],
  [
    "a database that is none",
    ["--database", "mysql://a/b"],
    {},
    "--database / LODGE_DATABASE: the database is",
  ],
  ["a database's parameter", [], { LODGE_DATABASE: "postgres://a/b?x=1" }, "--database / LODGE_DATABASE: "],
  [
    "a subnet that is none",
    ["--subnet", "10.0.0.0/30"],
    {},
    "--subnet / LODGE_SUBNET: the guests' subnet takes",
  ],
  [
    "a port for guests that is none",
    ["--guest-ports", "53,http"],
    {},
    "--guest-ports / LODGE_GUEST_PORTS: ports are named like",
  ],
  [
    "a bound of the disk that is none",
    [],
    { LODGE_GUEST_DISK_MIB: "0" },
    "LODGE_GUEST_DISK_MIB takes a number",
  ],
  ["a switch of fetching that is neither on nor off", [], { LODGE_FETCH: "yes" }, "LODGE_FETCH takes 1 or 0"],
  [
    "a network to be fetched from that is none",
    [],
    { LODGE_FETCH: "1", LODGE_FETCH_ALLOW: "mirror.example" },
    "LODGE_FETCH_ALLOW takes addresses and networks",
  ],
  [
    "a network to be fetched from where nothing is",
    [],
    { LODGE_FETCH_ALLOW: "10.0.0.0/8" },
    "LODGE_FETCH_ALLOW takes LODGE_FETCH=1 beside it",
  ],
  ["a number of imagings that is none", [], { LODGE_IMAGINGS: "0" }, "LODGE_IMAGINGS takes a number"],
];
/** One by a flag, one in the environment, and one that is not read before its file is. */
const BAD_STARTS: typeof BAD = [
  [
    "an address that others reach, in clear",
    ["--listen", "0.0.0.0:0"],
    {},
    "at 0.0.0.0:0 (--listen / LODGE_LISTEN)",
  ],
  ["a switch that is neither on nor off", [], { LODGE_INSECURE: "yes" }, "LODGE_INSECURE takes 1 or 0"],
  [
    "a certificate that is not there",
    ["--tls-cert", "/no/cert.pem", "--tls-key", "/no/key.pem"],
    {},
    "TLS (--tls-cert / LODGE_TLS_CERT, --tls-key / LODGE_TLS_KEY): /no/",
  ],
];
for (const [what, flags, env, says] of BAD) {
  test(`${what} is refused in one sentence that names the setting`, () => {
    const isSo = ({ type, message }: LodgeError) =>
      type === "usage" && message.startsWith(says) && !message.includes("\n");
    assert.throws(() => readSettings(flags, env), isSo);
  });
}
for (const [what, flags, env, says] of BAD_STARTS) {
  test(`${what} ends the daemon's start in one sentence, and nothing is made`, async (t) => {
    const parent = await mkdtemp(join(tmpdir(), "lodge-settings-"));
    t.after(() => rm(parent, { recursive: true }));
    const home = join(parent, "home");
    const { code, stdout, stderr } = await runToEnd([...MAIN, ...flags], "", { LODGE_HOME: home, ...env });
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.ok(stderr.startsWith(`lodge: ${says}`), stderr);
    assert.equal(stderr.indexOf("\n"), stderr.length - 1, stderr);
    assert.equal(existsSync(home), false);
  });
}

test("what a server reads and writes of the disk has no bound but where it is said", () => {
  assert.equal(readSettings([], {}).guestDiskBytes, undefined);
  assert.equal(readSettings([], { LODGE_GUEST_DISK_MIB: "3" }).guestDiskBytes, 3 * 2 ** 20);
});

test("drives of who does not pay are kept but where it is said, and never for less than their warnings need", () => {
  const day = 86_400;
  assert.deepEqual(readSettings([], {}).terms, { graceS: day, keepS: 45 * day, destroysDrives: false });
  const said = { LODGE_GRACE_HOURS: "1", LODGE_KEEP_DAYS: "15", LODGE_UNPAID_DRIVES: "destroy" };
  assert.deepEqual(readSettings([], said).terms, { graceS: 3_600, keepS: 15 * day, destroysDrives: true });
  for (const [name, text] of [
    ["LODGE_KEEP_DAYS", "14"],
    ["LODGE_GRACE_HOURS", "0"],
    ["LODGE_UNPAID_DRIVES", "yes"],
  ] as const)
    assert.throws(() => readSettings([], { [name]: text }), {
      type: "usage",
      message: new RegExp(`^${name} takes `),
    });
});

test("a home without a name is refused", () => {
  assert.throws(() => readSettings(["--home", ""], {}), { type: "usage", message: "--home takes a folder" });
});

test("the daemon's --help names every setting, whatever else is said, and makes nothing", async (t) => {
  const parent = await mkdtemp(join(tmpdir(), "lodge-settings-"));
  t.after(() => rm(parent, { recursive: true }));
  const home = join(parent, "home");
  const env = { LODGE_HOME: home, LODGE_LOG_LEVEL: "loud" };
  const { code, stdout, stderr } = await runToEnd([...MAIN, "--help"], "", env);
  assert.deepEqual([code, stderr], [0, ""]);
  for (const name of [
    "--home",
    "--listen",
    "--tls-cert",
    "LODGE_TLS_KEY",
    "--insecure",
    "--subnet",
    "--guest-ports",
    "--database",
    "LODGE_IMAGINGS",
    "LODGE_GUEST_DISK_MIB",
    "LODGE_GRACE_HOURS",
    "LODGE_KEEP_DAYS",
    "LODGE_UNPAID_DRIVES",
    "LODGE_LOG_LEVEL",
  ]) {
    assert.ok(stdout.includes(name), name);
  }
  assert.equal(existsSync(home), false);
});
