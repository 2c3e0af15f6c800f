/** What an account may have and ask, over the wire: 402 beyond a limit, 429 beyond a rate (accounts: limits, 402). */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Answer, type Cloud, openCloud } from "../../testing/cloud.ts";
import { until } from "../../testing/until.ts";
import { makeUser } from "../../testing/user.ts";

const TYPES = {
  "text/plain": (given: Readonly<Record<string, string | number>>) =>
    Object.entries(given)
      .map(([key, value]) => `${key} ${value}\n`)
      .join(""),
  "application/json": (given: Readonly<Record<string, string | number>>) => JSON.stringify(given),
} as const;

const CREATES: readonly [path: string, given: Readonly<Record<string, string | number>>][] = [
  ["drives/create", { name: "d", size: 4096 }],
  ["servers/create/stopped", { name: "s", cpu: 100, mem: 32 }],
  ["servers/create", { name: "s", cpu: 100, mem: 32 }],
  ["resources/ip/create", { name: "r" }],
  ["resources/vlan/create", { name: "r" }],
];

const refusal = ({ status, headers }: Answer) => [
  status,
  headers.get("x-elastic-error"),
  headers.get("x-lodge-error"),
];

describe("an account at its limits", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud({
      ...{ LODGE_LIMIT_DRIVES: "1", LODGE_LIMIT_SERVERS: "1", LODGE_LIMIT_IP: "1", LODGE_LIMIT_VLAN: "1" },
    });
    await cloud.make("drives/create", { name: "d", size: 4096 });
    await cloud.make("servers/create/stopped", { name: "s", cpu: 100, mem: 32 });
    await cloud.make("resources/ip/create", { name: "r" });
    await cloud.make("resources/vlan/create", { name: "r" });
  });
  after(() => cloud.close());

  for (const [type, write] of Object.entries(TYPES)) {
    for (const [path, given] of CREATES) {
      it(`makes nothing more by ${path} (${type}): 402 billing`, async () => {
        const answer = await cloud.ask(path, { body: write(given), headers: { "content-type": type } });
        assert.deepEqual(refusal(answer), [402, "billing", "limit_reached"]);
        assert.match(answer.text, /^an account has at most 1 .*\n$/);
        const malformed = { ...given, "no:such:key": "x" };
        const wrong = await cloud.ask(path, { body: write(malformed), headers: { "content-type": type } });
        assert.equal(wrong.status, 400, "400 comes first");
      });
    }
  }

  it("keeps no other account from making theirs", async () => {
    const { auth } = await makeUser(cloud, "other");
    const made = await cloud.ask("drives/create", { auth, body: "name d\nsize 4096\n" });
    assert.equal(made.status, 200, made.text);
  });

  it("keeps 64 KiB in an object, whichever it is, and is told which key is too much", async () => {
    const uuidIn = (text: string) => text.trim().split(" ").at(-1) ?? "";
    const [drive, vlan] = [
      uuidIn((await cloud.ask("drives/list")).text),
      uuidIn((await cloud.ask("resources/vlan/list")).text),
    ];
    const server = (await cloud.ask("servers/list")).text.split(" ")[0] ?? "";
    for (const path of [`drives/${drive}/set`, `servers/${server}/set`, `resources/vlan/${vlan}/set`]) {
      const keys = (from: number) =>
        Array.from({ length: 15 }, (_, index) => `user:n${from + index} ${"x".repeat(4000)}\n`).join("");
      assert.equal((await cloud.ask(path, { body: keys(10) })).status, 200);
      const answer = await cloud.ask(path, { body: keys(30) });
      assert.deepEqual(refusal(answer), [400, "usage", "attributes_too_large"]);
      assert.match(answer.text, /^"user:n\d\d" is too much: .* at most 65536 \(64 KiB\)\n$/);
    }
  });
});

describe("an account beyond its rates", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud({
      LODGE_RATE_OBJECTS: "3",
      LODGE_RATE_FAILED_LOGINS: "3",
      LODGE_LOG_LEVEL: "info",
    });
  });
  after(() => cloud.close());

  it("is told 429 busy and when to come again, and others go on", async () => {
    const body = "name r\n";
    for (let made = 0; made < 3; made++) {
      assert.equal((await cloud.ask("resources/vlan/create", { body })).status, 200);
    }
    const answer = await cloud.ask("resources/vlan/create", { body });
    assert.deepEqual(refusal(answer), [429, "busy", "rate_exceeded"]);
    assert.match(answer.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
    assert.equal((await cloud.ask("resources/list")).status, 200);
    const { auth } = await makeUser(cloud, "other");
    assert.equal((await cloud.ask("resources/vlan/create", { body, auth })).status, 200);
  });

  it("whose logins fail is told 429, the log says who, and the right key opens all the same", async () => {
    const [user = ""] = cloud.auth.split(":");
    for (let failed = 0; failed < 3; failed++) {
      assert.equal((await cloud.ask("drives/list", { auth: `${user}:wrong` })).status, 401);
    }
    const answer = await cloud.ask("drives/list", { auth: `${user}:wrong` });
    assert.deepEqual(refusal(answer), [429, "busy", "too_many_failed_logins"]);
    assert.equal((await cloud.ask("drives/list")).status, 200);
    const lines = await until("the log has them", async () => {
      const found = cloud.logged.split("\n").filter((line) => line.includes('"login failed"'));
      return found.length > 0 ? found : null;
    });
    assert.equal(lines.length, 3);
    const { address, account } = JSON.parse(lines[0] ?? "");
    assert.deepEqual([address, account], ["127.0.0.1", user]);
  });
});
