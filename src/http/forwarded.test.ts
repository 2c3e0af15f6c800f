/** Callers behind proxies, and those who only say so. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { pino } from "pino";
import { sendRaw } from "../../testing/clients/raw.ts";
import { AUTHORIZATION, QUIET, serveCommands } from "../../testing/http/server.ts";
import type { Command } from "../api/command.ts";
import type { ServerOptions } from "./server.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 30_000 };

async function serve(t: TestContext, options: Pick<ServerOptions, "limits" | "trustProxies" | "rates">) {
  const addresses: unknown[] = [];
  const logger = pino(
    {},
    { write: (line: string) => addresses.push((JSON.parse(line) as { address?: string }).address) },
  );
  const { promise: end, resolve: letEnd } = Promise.withResolvers<void>();
  let begun = 0;
  const slow: Command = {
    ...{ ...QUIET, path: "slow" },
    async run() {
      begun++;
      await end;
    },
  };
  const server = await serveCommands([slow], { ...options, logger });
  t.after(() => {
    letEnd();
    return server.close();
  });
  const header = (forwarded: string | null): Readonly<Record<string, string>> =>
    forwarded === null ? {} : { "X-Forwarded-For": forwarded };
  const ask = (forwarded: string | null, headers: Readonly<Record<string, string>> = AUTHORIZATION) =>
    sendRaw(server.url, "POST /slow", { ...headers, ...header(forwarded) });
  const health = (forwarded: string | null) => sendRaw(server.url, "GET /health", header(forwarded));
  /** Where a login that failed is said to come from. */
  const addressOf = async (forwarded: string | null) => {
    addresses.length = 0;
    await ask(forwarded, { Authorization: `Basic ${btoa("nobody:wrong")}` });
    return addresses[0];
  };
  return { ask, health, addressOf, letEnd, count: () => begun };
}

test("a proxy that is trusted says whom it speaks for, and nobody else is believed", ends, async (t) => {
  const [none, one] = [await serve(t, {}), await serve(t, { trustProxies: ["192.0.2.1"] })];
  for (const { addressOf } of [none, one]) {
    assert.equal(await addressOf("203.0.113.9"), "127.0.0.1");
    assert.equal(await addressOf(null), "127.0.0.1");
  }
  const { addressOf } = await serve(t, { trustProxies: ["127.0.0.0/8", "192.0.2.1", "2001:db8::/32"] });
  for (const [forwarded, address] of [
    [null, "127.0.0.1"],
    ["", "127.0.0.1"],
    ["203.0.113.9", "203.0.113.9"],
    // What is before the last was written by anybody.
    ["127.0.0.1, 198.51.100.7,203.0.113.9", "203.0.113.9"],
    // Proxies one behind the other.
    ["198.51.100.7, 203.0.113.9, 192.0.2.1, 2001:db8::1", "203.0.113.9"],
    ["192.0.2.1", "192.0.2.1"],
    ["nonsense", "127.0.0.1"],
    ["203.0.113.9, nonsense", "127.0.0.1"],
    ["203.0.113.9:4711", "127.0.0.1"],
    ["2001:db9::7", "2001:db9::7"],
    ["198.51.100.7,".concat("127.0.0.1,".repeat(1_000), "127.0.0.1"), "127.0.0.1"],
  ] as const) {
    assert.equal(await addressOf(forwarded), address, String(forwarded));
  }
});

test("logins that fail behind a proxy count for the address that it names", ends, async (t) => {
  const rates = { requests: 1e9, bytes: 1e9, objects: 1e9, failedLogins: 2, anonymous: 1e9 };
  const { ask } = await serve(t, { trustProxies: ["127.0.0.1"], rates });
  const wrong = { Authorization: `Basic ${btoa("nobody:wrong")}` };
  const statuses = async (address: string) =>
    [await ask(address, wrong), await ask(address, wrong), await ask(address, wrong)].map(
      ({ status }) => status,
    );
  assert.deepEqual(await statuses("203.0.113.9"), [401, 401, 429]);
  assert.deepEqual(await statuses("203.0.113.10"), [401, 401, 429]);
});

test(
  "requests without credentials count for the address that a proxy names, its own checks for itself",
  ends,
  async (t) => {
    const rates = { requests: 1e9, bytes: 1e9, objects: 1e9, failedLogins: 1e9, anonymous: 2 };
    const { health } = await serve(t, { trustProxies: ["127.0.0.1"], rates });
    const statuses = async (address: string | null) =>
      [await health(address), await health(address), await health(address)].map(({ status }) => status);
    assert.deepEqual(await statuses("203.0.113.9"), [200, 200, 429]);
    assert.deepEqual(await statuses("203.0.113.10"), [200, 200, 429]);
    assert.deepEqual(await statuses(null), [200, 200, 429]);
  },
);

test("one address behind a proxy does not take all requests that it can carry", ends, async (t) => {
  const { ask, letEnd, count } = await serve(t, {
    ...{ trustProxies: ["127.0.0.1"], limits: { connections: 16 } },
  });
  const held = Array.from({ length: 4 }, () => ask("203.0.113.9"));
  while (count() < 4) await new Promise(setImmediate);
  const refused = await ask("203.0.113.9");
  assert.deepEqual([refused.status, refused.headers.get("x-lodge-error")], [503, "too_many_connections"]);
  const other = ask("203.0.113.10");
  while (count() < 5) await new Promise(setImmediate);
  letEnd();
  for (const each of [...held, other]) assert.equal((await each).status, 204);
  assert.equal((await ask("203.0.113.9")).status, 204);
});
