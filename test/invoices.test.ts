/** The operator's command line on invoices: what is printed of one for people, for programs and for printers. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../testing/cloud.ts";
import { userIn } from "../testing/user.ts";

describe("lodge invoice", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
  });
  after(() => cloud?.close());

  const run = (...words: string[]) => cloud.lodge(...words);

  it("prints a month's invoice for people, for accounting programs and for printers", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "lodge-prices-"));
    t.after(() => rm(folder, { recursive: true }));
    assert.equal(await run("invoice", "list"), "month\n");
    const file = join(folder, "prices.json");
    await writeFile(
      file,
      JSON.stringify({ currency: "EUR", from: "now", ip: { burst: "0.005", subscription: "1.5" } }),
    );
    await run("price", "set", file);
    const made = ["--name", "Invoiced & Co", "--email", "i@example.com"];
    const { uuid: user, auth } = userIn(await run("account", "create", ...made));
    await run("credit", user, "50", "--reference", "invoice-1");
    const bought = { resource: "ip", amount: 2, period: "month" };
    const headers = { "content-type": "application/json" };
    const answer = await cloud.ask("subscriptions/create", { auth, headers, body: JSON.stringify(bought) });
    assert.equal(answer.status, 200, answer.text);
    const month = (await run("invoice", "list", "--user", user)).trimEnd().split("\n").at(-1) ?? "";
    const shown = await run("invoice", "show", month, "--user", user);
    assert.match(shown, new RegExp(`^${month}, open, in EUR$`, "m"));
    for (const line of [
      /^ip +subscription +0 +address hours +3$/m,
      /^credited +50$/m,
      /^balance after +47$/m,
    ])
      assert.match(shown, line);
    const csv = await run("invoice", "csv", month, "--user", user);
    assert.ok(csv.includes(`${user},${month},open,EUR,ip,subscription,0,address hours,3\r\n`), csv);
    const page = await run("invoice", "html", month, "--user", user);
    assert.ok(page.startsWith("<!doctype html>") && page.includes("Invoiced &amp; Co<br>i@example.com"));
    const told = JSON.parse(await run("invoice", "show", month, "--user", user, "--json"));
    assert.deepEqual([told.user, told.charged, told["balance:after"]], [user, "3", "47"]);
    assert.match(
      (await cloud.tool("lodge", ["invoice", "show", "1999-12", "--user", user])).stderr,
      /no invoice of 1999-12/,
    );
    assert.match((await cloud.tool("lodge", ["invoice", "csv", "december"])).stderr, /such as 2026-12/);
  });
});
