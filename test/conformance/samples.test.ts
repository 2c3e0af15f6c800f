/** Every row and key of the table about what servers used, in both content types, against a real cloud. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { CONTENT_TYPES, exchange, type Row } from "../../testing/conformance/exchange.ts";
import { makeUser } from "../../testing/user.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";
const usage = { status: 400, error: "usage", code: "malformed_parameter" } as const;
const missing = { status: 404, error: "missing", code: "no_such_server" } as const;

const ROWS: readonly Row[] = [
  { name: "samples from within a minute are 400 usage", path: "servers/SERVER/samples/30/60", ...usage },
  { name: "samples to within a minute are 400 usage", path: "servers/SERVER/samples/0/90", ...usage },
  { name: "samples of no times are 400 usage", path: "servers/SERVER/samples/then/now", ...usage },
  { name: "samples of a negative time are 400 usage", path: "servers/SERVER/samples/-60/60", ...usage },
  {
    name: "samples that end before they begin are 400 usage",
    path: "servers/SERVER/samples/120/60",
    ...usage,
  },
  {
    name: "samples of a server that is not there are 404 missing",
    path: `servers/${NOBODY}/samples`,
    ...missing,
  },
  { name: "samples of what is no uuid are 404 missing", path: "servers/nothing/samples/0/60", ...missing },
  {
    name: "samples of another's server are 404 missing",
    path: "servers/SERVER/samples",
    as: "BOB",
    ...missing,
  },
  {
    name: "samples of another's server are 404 missing at any time",
    ...{ path: "servers/SERVER/samples/0/60", as: "BOB", ...missing },
  },
];

describe("samples", () => {
  let cloud: Cloud;
  const words: Record<string, string> = {};
  before(async () => {
    cloud = await openCloud();
    const made = await cloud.make("servers/create/stopped", { name: "s", cpu: 500, mem: 64 });
    Object.assign(words, { SERVER: made.get("server") ?? "", BOB: (await makeUser(cloud, "bob")).auth });
  });
  after(() => cloud?.close());

  for (const type of CONTENT_TYPES) {
    describe(type, () => {
      for (const row of ROWS) {
        it(row.name, async () => {
          await exchange(cloud, row, type, words);
        });
      }

      it("a server that never ran has no samples, in whatever range", async () => {
        for (const range of ["", "/0/60", "/0/999999999960", "/60/60"]) {
          const answer = await cloud.ask(`servers/${words.SERVER}/samples${range}`, {
            headers: { accept: type },
          });
          assert.deepEqual([answer.status, answer.text.trim()], [200, type === "text/plain" ? "" : "[]"]);
        }
      });
    });
  }
});
