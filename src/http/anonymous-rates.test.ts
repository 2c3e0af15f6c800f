import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { pino } from "pino";
import { AUTHORIZATION, QUIET, serveCommands } from "../../testing/http/server.ts";
import { readSettings } from "../settings.ts";
import { AnonymousRates } from "./anonymous-rates.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 30_000 };

/** Rates of so many a minute, under a clock of the test's own. */
function opened(perMinute: number) {
  const clock = { ms: 0 };
  const lines: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) });
  const rates = new AnonymousRates(perMinute, logger, () => clock.ms);
  /** How many of so many in a row are within the rate. */
  const admitted = (count: number, address: string, what: "health" | "other" = "other") =>
    Array.from({ length: count }, () => rates.refusalOf(address, what)).filter((refused) => refused === null)
      .length;
  return { rates, clock, lines, admitted };
}

const addresses: readonly [what: string, asking: readonly string[], within: number][] = [
  ["one IPv4 address", ["192.0.2.1"], 10],
  ["one IPv4 address, by IPv6 too", ["192.0.2.1", "::ffff:192.0.2.1"], 10],
  ["two IPv4 addresses", ["192.0.2.1", "192.0.2.2"], 20],
  ["the addresses of one IPv6 network", ["2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8::1:0:0:0:3"], 10],
  ["addresses of two IPv6 networks", ["2001:db8:0:1::1", "2001:db8:0:2::1"], 20],
];
for (const [what, asking, within] of addresses) {
  test(`of ${what}, ${within} requests a minute are answered at a rate of 10`, () => {
    const { admitted } = opened(10);
    const answered = asking.map((address) => admitted(20, address)).reduce((sum, count) => sum + count);
    assert.equal(answered, within);
  });
}

test("questions of health are answered whatever else comes from their address, and bounded as well", () => {
  const { admitted } = opened(10);
  assert.equal(admitted(100, "192.0.2.1"), 10);
  assert.equal(admitted(100, "192.0.2.1", "health"), 10);
});

test("who is refused is told when to come again, and is answered then", () => {
  const { rates, clock, admitted } = opened(10);
  admitted(10, "192.0.2.1");
  const refused = rates.refusalOf("192.0.2.1", "other");
  assert.deepEqual([refused?.type, refused?.code, refused?.retryAfterS], ["busy", "too_many_anonymous", 6]);
  clock.ms = 6_000;
  assert.equal(admitted(5, "192.0.2.1"), 1);
});

test("refusals by the thousand are told in one line, with the address", () => {
  const { lines, admitted } = opened(1);
  admitted(5_000, "192.0.2.1");
  assert.deepEqual(
    lines.map(({ msg, last }) => [msg, last]),
    [["requests without credentials are refused: too many come", "192.0.2.1"]],
  );
});

test("however many addresses come, no more is remembered than a table of one size holds", () => {
  const { admitted } = opened(1);
  for (let network = 0; network < 2 ** 17; network++) admitted(1, `2001:db8:${network.toString(16)}::1`);
  // Each place of it is taken by somebody by now, so nobody finds one of their own.
  for (let host = 1; host <= 50; host++) assert.equal(admitted(1, `192.0.2.${host}`), 0);
});

test("a load balancer of 20 machines that asks for everything once a second meets no refusal in an hour", () => {
  const { clock, admitted } = opened(readSettings([], {}).rates.anonymous);
  for (let second = 0; second < 3_600; second++) {
    clock.ms = second * 1000;
    assert.equal(admitted(60, "192.0.2.1", "health"), 60);
  }
});

const LOGIN = `Authorization: ${AUTHORIZATION.Authorization}`;

const requests: readonly [what: string, head: readonly string[], status: number][] = [
  ["/health", ["GET /health HTTP/1.1", "Host: a"], 200],
  ["/health/live", ["GET /health/live HTTP/1.1", "Host: a"], 200],
  ["/health/ready", ["HEAD /health/ready HTTP/1.1", "Host: a"], 200],
  ["the description", ["GET /openapi.json HTTP/1.1", "Host: a"], 200],
  ["a command without credentials", ["POST /quick HTTP/1.1", "Host: a"], 401],
  ["no command, without credentials", ["GET /nothing HTTP/1.1", "Host: a"], 401],
  ["another method, without credentials", ["PUT /quick HTTP/1.1", "Host: a"], 401],
  ["a path that cannot be decoded", ["GET /%zz HTTP/1.1", "Host: a"], 401],
  ["two hosts", ["POST /quick HTTP/1.1", "Host: a", "Host: b", LOGIN], 400],
];
for (const [what, head, status] of requests) {
  test(
    `an address that asks for ${what} too often is answered 429, and with credentials as before`,
    ends,
    async (t) => {
      const rates = { requests: 1e9, bytes: 1e12, objects: 1e9, failedLogins: 1e9, anonymous: 2 };
      const quick = { ...QUIET, path: "quick", example: {}, run: async () => {} };
      const server = await serveCommands([quick], { rates });
      t.after(() => server.close());
      const { port, hostname } = new URL(server.url);
      const ask = (lines: readonly string[]) => {
        const socket = connect(Number(port), hostname);
        socket.write(`${[...lines, "Connection: close"].join("\r\n")}\r\n\r\n`);
        return text(socket);
      };
      for (let asked = 0; asked < 2; asked++) {
        assert.match(await ask(head), new RegExp(`^HTTP/1\\.1 ${status} `));
      }
      const refused = await ask(head);
      assert.match(refused, /^HTTP\/1\.1 429 /);
      assert.match(refused, /\r\nX-Elastic-Error: busy\r\n/i);
      assert.match(refused, /\r\nX-Lodge-Error: too_many_anonymous\r\n/i);
      assert.match(refused, /\r\nRetry-After: 30\r\n/i);
      assert.match(await ask(["POST /quick HTTP/1.1", "Host: a", LOGIN]), /^HTTP\/1\.1 204 /);
      assert.equal(server.figures().requests.errors.get("too_many_anonymous"), 1);
    },
  );
}

for (const [what, bytes] of [
  ["that is no HTTP", "\0\0\0\0\r\n\r\n"],
  ["of CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"],
] as const) {
  test(`an address that sends requests ${what} too often is hung up on`, ends, async (t) => {
    const rates = { requests: 1e9, bytes: 1e12, objects: 1e9, failedLogins: 1e9, anonymous: 2 };
    const server = await serveCommands([], { rates });
    t.after(() => server.close());
    const { port, hostname } = new URL(server.url);
    const ask = () => {
      const socket = connect(Number(port), hostname);
      socket.write(bytes);
      return text(socket);
    };
    for (let asked = 0; asked < 2; asked++) assert.match(await ask(), /^HTTP\/1\.1 40[05] /);
    assert.equal(await ask(), "");
  });
}
