/**
 * The rules of `set`, row by row in both content types, on drives (free and claimed) and on servers (stopped and
 * active), against a real cloud. After every refusal all keys are read back: nothing has changed.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { CONTENT_TYPES, type Expected, exchange, type Row } from "../../testing/conformance/exchange.ts";
import { TABLES } from "./set-rows.ts";

/** Counters go on by themselves. */
const COUNTER = /^(rx|tx)(:|$)|(read|write):(bytes|requests)$/;

describe("set", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
  });
  after(() => cloud.close());

  const make = async (path: string, give: Readonly<Record<string, string | number>>) => {
    const made = await cloud.make(path, { name: "n", tags: "a b", "user:x": "1", ...give });
    return made.get("server") ?? made.get("drive") ?? "";
  };

  for (const type of CONTENT_TYPES) {
    describe(type, () => {
      const words: Record<string, string> = {};
      before(async () => {
        for (const word of ["DRIVE", "DRIVE2", "HELD"])
          words[word] = await make("drives/create", { size: "1M" });
        words.DRIVE3 = await make("drives/create", { size: 4096 });
        const server = { cpu: 200, mem: 32, boot: "ide:0:0" };
        words.STOPPED = await make("servers/create/stopped", { ...server, "ide:0:0": words.DRIVE ?? "" });
        words.ACTIVE = await make("servers/create", { ...server, "ide:0:0": words.HELD ?? "" });
      });
      after(() => cloud.act(`servers/${words.ACTIVE}/destroy`));

      const named = (expected: Expected): Expected =>
        Object.fromEntries(
          Object.entries(expected).map(([key, value]) => [
            key,
            typeof value === "string" ? (words[value] ?? value) : value,
          ]),
        );

      async function state(path: string): Promise<unknown[]> {
        const row: Row = { name: "", path: `${path}/info`, status: 200 };
        const object = await exchange(cloud, row, type, words);
        return Object.entries(object).filter(([key]) => !COUNTER.test(key));
      }

      for (const { on, path, accepted, refused } of TABLES) {
        describe(on, () => {
          for (const [what, give, answer] of accepted) {
            it(`takes ${what}, and keeps the rest`, async () => {
              const before = Object.fromEntries((await state(path)) as [string, unknown][]);
              const row: Row = { name: "", path: `${path}/set`, give, status: 200, answer: named(answer) };
              await exchange(cloud, row, type, words);
              const now = (await state(path)) as [string, unknown][];
              const touched = new Set([...Object.keys(give), ...Object.keys(answer)]);
              const rest = ([key]: [string, unknown]) =>
                !touched.has(key) && !touched.has(ALIASES[key] ?? "");
              assert.deepEqual(now.filter(rest), Object.entries(before).filter(rest));
            });
          }
          for (const [what, give, status, error, says, code] of refused) {
            it(`refuses ${what} as ${status} ${error}, and nothing has changed`, async () => {
              const before = await state(path);
              await exchange(
                cloud,
                {
                  name: "",
                  path: `${path}/set`,
                  give,
                  status,
                  error,
                  says,
                  ...(code === undefined ? {} : { code }),
                },
                type,
                words,
              );
              assert.deepEqual(await state(path), before);
            });
          }
        });
      }
    });
  }

  it("a list for a key that does not list several things is 400 usage, and a newline in a JSON value too, and nothing has changed", async () => {
    const drive = await make("drives/create", { size: 1 });
    for (const given of [{ name: "one\nuser:x 2" }, { name: ["one"] }, { name: "one", "user:x": [] }]) {
      const answer = await cloud.ask(`drives/${drive}/set`, {
        body: JSON.stringify(given),
        headers: { "content-type": "application/json" },
      });
      assert.deepEqual([answer.status, answer.headers.get("x-elastic-error")], [400, "usage"], answer.text);
    }
    const info = await cloud.info(`drives/${drive}/info`);
    assert.deepEqual([info.get("name"), info.get("user:x")], ["n", "1"]);
  });

  it("what an object keeps is bounded, over however many requests it comes", async () => {
    const server = { cpu: 200, mem: 32 };
    const paths = [
      `drives/${await make("drives/create", { size: 1 })}`,
      `servers/${await make("servers/create/stopped", server)}`,
    ];
    const part = (name: string) =>
      Array.from({ length: 12 }, (_, index) => `user:${name}${index} ${"x".repeat(4000)}\n`).join("");
    for (const path of paths) {
      assert.equal((await cloud.ask(`${path}/set`, { body: part("a") })).status, 200);
      const before = await cloud.info(`${path}/info`);
      const answer = await cloud.ask(`${path}/set`, { body: `name not this\n${part("b")}` });
      assert.deepEqual([answer.status, answer.headers.get("x-elastic-error")], [400, "usage"], answer.text);
      assert.deepEqual(await cloud.info(`${path}/info`), before);
    }
  });

  it("a server that was set persistent while it ran is stopped in the end, and one that was unset is gone", async () => {
    const [kept, gone] = [
      await make("servers/create", { cpu: 200, mem: 32 }),
      await make("servers/create", { cpu: 200, mem: 32, persistent: "true" }),
    ];
    await cloud.make(`servers/${kept}/set`, { persistent: "true" });
    await cloud.make(`servers/${gone}/set`, { persistent: "" });
    for (const server of [kept, gone]) await cloud.act(`servers/${server}/stop`);
    assert.equal((await cloud.info(`servers/${kept}/info`)).get("status"), "stopped");
    assert.equal((await cloud.ask(`servers/${gone}/info`)).status, 404);
  });
});

/** Keys that show what another key set. */
const ALIASES: Readonly<Record<string, string>> = { password: "vnc:password", "vnc:password": "password" };
