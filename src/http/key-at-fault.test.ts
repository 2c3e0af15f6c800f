/** Which key a 400 names, and what of it a header can hold. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { AUTHORIZATION, QUIET, serveCommands, type TestServer } from "../../testing/http/server.ts";
import { readInput } from "../api/input.ts";
import type { InputValue } from "../api/properties.ts";
import { busy, missing, usage } from "../base/errors.ts";
import { configAfter } from "../servers/consistency.ts";
import { SERVER_KEYS } from "../servers/keys.ts";

const DRIVE = "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20";
async function refuse(error: Error): Promise<void> {
  throw error;
}

const WHOLE = { name: "web", cpu: "500", mem: "256" };

type Case = readonly [what: string, give: Readonly<Record<string, InputValue>>, key: string | null];
const CASES: readonly Case[] = [
  ["a key that is not known", { ...WHOLE, colour: "red" }, "colour"],
  ["a key that is missing", { name: "web", mem: "256" }, "cpu"],
  ["a value that its key does not take", { ...WHOLE, smp: "many" }, "smp"],
  ["a value of many lines", { ...WHOLE, "user:x": "a\u0085b" }, "user:x"],
  ["the name under which a value came", { ...WHOLE, password: "much too long for VNC" }, "password"],
  ["a list where there is none", { ...WHOLE, mem: ["1", "2"] }, "mem"],
  ["an object as a value", { ...WHOLE, mem: {} as never }, "mem"],
  ["a key that the cloud alone sets", { ...WHOLE, status: "active" }, "status"],
  ["a key that came under two names", { ...WHOLE, password: "one", "vnc:password": "two" }, "vnc:password"],
  ["a device to boot that has no drive", { ...WHOLE, boot: "ide:0:0" }, "boot"],
  ["a drive that is named twice", { ...WHOLE, "ide:0:0": DRIVE, "ide:0:1": DRIVE }, "ide:0:1"],
  ["a MAC of no NIC", { ...WHOLE, "nic:1:mac": "06:00:00:00:00:01" }, "nic:1:mac"],
  ["what a header cannot hold, percent-encoded", { ...WHOLE, "größe%": "1" }, "gr%C3%B6%C3%9Fe%25"],
  ["a key with a space in it", { ...WHOLE, "two words": "1" }, "two%20words"],
  ["a key of 255 characters", { ...WHOLE, ["k".repeat(255)]: "1" }, "k".repeat(255)],
  ["none that is longer", { ...WHOLE, ["k".repeat(256)]: "1" }, null],
  ["none that is empty", { ...WHOLE, "": "1" }, null],
];

describe("a 400 names the key that is at fault", () => {
  let server: TestServer;
  before(async () => {
    server = await serveCommands([
      {
        ...{ ...QUIET, path: "servers/create", takes: "properties", keys: SERVER_KEYS.toCreate },
        run: ({ input }) => void configAfter({}, readInput(SERVER_KEYS, input, "create")),
      },
      { ...QUIET, path: "busy", run: () => refuse(busy("drive_in_use", "why", { key: "ide:0:0" })) },
      {
        ...QUIET,
        path: "gone",
        run: () => refuse(missing("no_such_drive", "why", { key: "ide:0:0" })),
      },
      { ...QUIET, path: "slow", run: () => refuse(usage("body_timeout", "why", { key: "size" })) },
    ]);
  });
  after(() => server.close());

  for (const [what, give, key] of CASES) {
    it(`${what}: ${key ?? "no header"}`, async () => {
      const headers = { ...AUTHORIZATION, "Content-Type": "application/json" };
      const body = JSON.stringify(give);
      const answer = await fetch(`${server.url}servers/create`, { method: "POST", headers, body });
      assert.equal(answer.status, 400, await answer.text());
      assert.equal(answer.headers.get("x-elastic-key"), key);
      assert.equal(decodeURIComponent(key ?? "name") in { ...give, ...WHOLE }, true);
    });
  }

  it("in text/plain, too", async () => {
    const answer = await fetch(`${server.url}servers/create`, {
      ...{ method: "POST", headers: AUTHORIZATION, body: "name web\ncpu 500\nmem 1\n" },
    });
    assert.deepEqual([answer.status, answer.headers.get("x-elastic-key")], [400, "mem"]);
  });

  for (const [path, status] of [
    ["busy", 409],
    ["gone", 404],
    ["slow", 408],
  ] as const) {
    it(`and a ${status} does not`, async () => {
      const answer = await fetch(server.url + path, { method: "POST", headers: AUTHORIZATION });
      assert.deepEqual([answer.status, answer.headers.get("x-elastic-key")], [status, null]);
    });
  }
});
