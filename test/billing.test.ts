/**
 * The story of `docs/billing.md`, with real servers: an account is credited, subscribes, runs servers under and over that, is
 * resized, meets a price change, transfers data, runs out of funds, is warned, stopped, credited again, and goes on. What it
 * is charged is reckoned here by hand, and the document shows what came, to the digit.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import type { UserId } from "../src/base/ids.ts";
import { noteTransfer } from "../src/metering/transfers.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite-store.ts";
import { guestPage } from "../testing/guest/page.ts";
import { sampleDrive } from "../testing/guest/sample.ts";
import { fraction, inUnits, money } from "../testing/money/exact.ts";
import { at, Story } from "../testing/money/story.ts";
import { long } from "../testing/share.ts";
import { until } from "../testing/until.ts";

const DOCUMENT = resolve(import.meta.dirname, "../docs/billing.md");

type Charged = { readonly from: string; readonly resource: string; readonly amount: string };

describe("the story of an account", long, () => {
  let story: Story;
  let web = "";
  let worker = "";

  before(async () => {
    story = await Story.open();
  });
  after(() => story?.close());

  const make = async (name: string, cpu: number, mem: number) => {
    const { cloud, acme } = story;
    const as = { auth: acme.auth };
    const drive = await sampleDrive(cloud, { name, "encryption:cipher": "none" }, as);
    const body = `name ${name}\ncpu ${cpu}\nmem ${mem}\nblock:0 ${drive}\nnic:0:model virtio\nnic:0:dhcp auto\npersistent true\n`;
    const answer = await cloud.ask("servers/create", { body, ...as });
    assert.equal(answer.status, 200, answer.text);
    const server = /^server (\S+)$/m.exec(answer.text)?.[1] ?? "";
    await guestPage(cloud, /^nic:0:dhcp:ip (\S+)$/m.exec(answer.text)?.[1] ?? "");
    story.call(server, name.toUpperCase());
    return server;
  };

  /** What the account was charged of hours from then on. */
  const charged = (from: number) =>
    story.rows<Charged>(
      `select strftime('%H', "from", 'unixepoch') as "from", resource, cast(amount as text) as amount
       from ledger where user = ? and kind = 'burst' and "from" >= ? order by entry`,
      story.acme.uuid,
      from,
    );

  const done = async (run: ReturnType<Story["operator"]>) => assert.equal((await run).code, 0);

  it("begins with prices and a credit", async () => {
    await done(story.operator("lodge price set prices.json"));
    await done(story.operator('lodge credit ACME 12 --reference 2027-0001 --text "bank transfer"'));
    await done(story.operator('lodge credit ACME 12 --reference 2027-0001 --text "bank transfer"'));
  });

  it("subscribes for half of what the hours of a month cost", async () => {
    await story.goTo(at("09:05"));
    const asked = "printf 'resource cpu\\namount 2000\\nperiod month\\n'";
    await done(story.customer(`${asked} | elastichosts -c subscriptions quote`));
    await done(story.customer(`${asked} | elastichosts -c subscriptions create`));
  });

  it("pays nothing for the speed of a server that the subscription covers", async () => {
    await story.goTo(at("09:10"));
    web = await make("web", 2000, 256);
    await story.goTo(at("10:02"));
    // 50 minutes: 256 MB at 0.00002 an hour; 32 MiB, a 32nd of a GB, at 0.0002.
    assert.deepEqual(await charged(0), [
      { from: "09", resource: "mem", amount: "-426667" },
      { from: "09", resource: "disk", amount: "-521" },
    ]);
  });

  it("pays for what goes beyond it, to the second, and more once a server is faster", async () => {
    await story.goTo(at("10:20"));
    worker = await make("worker", 1000, 128);
    await story.goTo(at("10:50"));
    const body = "cpu 1500\n";
    const answer = await story.cloud.ask(`servers/${worker}/set`, { body, auth: story.acme.auth });
    assert.equal(answer.status, 200, answer.text);
    await done(story.operator("lodge price set dearer.json"));
    await story.goTo(at("11:02"));
    // 1000 MHz for half an hour, 1500 for ten minutes: 750 MHz hours at 0.00001; 256 + 128 × 2/3 MB hours.
    const hour = (await charged(at("10:00"))).slice(0, 2);
    assert.deepEqual(hour, [
      { from: "10", resource: "cpu", amount: "-750000" },
      { from: "10", resource: "mem", amount: "-682667" },
    ]);
    await done(story.customer("lodge usage --now"));
  });

  it("pays the new price from its hour on, and for bytes once", async () => {
    await story.goTo(at("12:30"));
    const { cloud, acme } = story;
    // What the uplink's counters count, which guests of a test do not move to the byte.
    const files = { file: join(cloud.home, "lodge.db"), lockFile: join(cloud.home, "lodge.lock") };
    const store = await openSqliteStore(files);
    await store.transaction((tx) => noteTransfer(tx, acme.uuid as UserId, 3_500_000_000, at("12:30")));
    await store.close();
    await story.goTo(at("13:02"));
    await done(story.customer("lodge ledger"));
    const cpu = (await charged(at("11:00"))).filter(({ resource }) => resource === "cpu");
    assert.deepEqual(
      cpu.map(({ amount }) => amount),
      ["-1500000", "-3000000"],
    );
    await done(story.customer("lodge usage"));
    await done(story.customer("elastichosts profile info"));
  });

  it("is warned as its funds end, and stopped a day later", async () => {
    const info = async () => (await story.cloud.ask("profile/info", { auth: story.acme.auth })).text;
    const ends = Number(/^funds:until (\d+)$/m.exec(await info())?.[1]);
    for (const hours of [72, 24, 1, 0]) {
      await story.goTo(ends - hours * 3600);
      await until(`the warning at ${hours} hours`, async () => {
        const kind = `funds:${hours}`;
        const rows = await story.rows(
          "select kind from warnings where user = ? and kind = ?",
          story.acme.uuid,
          kind,
        );
        return rows.length === 1 ? true : null;
      });
    }
    const as = { auth: story.acme.auth };
    assert.match((await story.cloud.ask(`servers/${web}/info`, as)).text, /^status active$/m);
    await story.goTo(ends + 24 * 3600);
    await until("the account is suspended", async () =>
      /^status suspended$/m.test(await info()) ? true : null,
    );
    for (const server of [web, worker]) {
      await until("its servers are stopped", async () =>
        /^status stopped$/m.test((await story.cloud.ask(`servers/${server}/info`, as)).text) ? true : null,
      );
    }
    await done(story.customer("elastichosts profile info"));
    const refused = await story.customer("elastichosts servers WEB start");
    assert.equal(refused.code, 1);
  });

  it("goes on once it has paid, with what it starts", async () => {
    await done(story.operator('lodge credit ACME 20 --reference 2027-0002 --text "bank transfer"'));
    await done(story.customer("elastichosts servers WEB start"));
    await story.goTo(at("7 15:02"));
    await done(story.customer("lodge ledger --from 2027-03-07T14:00:00Z"));
    await done(story.customer("lodge usage"));
    await done(story.customer("lodge invoice show 2027-03"));
    await done(story.operator("lodge ledger check"));
  });

  it("is told the same by its ledger, its usage and its invoice", async () => {
    const as = { auth: story.acme.auth, headers: { accept: "application/json" } };
    const read = async (path: string) => JSON.parse((await story.cloud.ask(path, as)).text);
    const usage: readonly { cost: string }[] = await read(`profile/usage/${at("00:00")}/${at("7 15:00")}`);
    const ledger: readonly { kind: string; amount: string; balance: string }[] = await read("profile/ledger");
    const invoice = await read("profile/invoices/2027-03/info");
    const sum = (amounts: readonly string[]) =>
      amounts.reduce((all, amount) => all + inUnits(fraction(amount)), 0n);
    const charged = (kind: string) =>
      -sum(ledger.filter((entry) => entry.kind === kind).map(({ amount }) => amount));
    assert.equal(sum(usage.map(({ cost }) => cost)), charged("burst"));
    assert.equal(money(charged("burst") + charged("subscription")), invoice.charged);
    assert.equal(money(charged("subscription")), "7.2");
    assert.equal(ledger.at(-1)?.balance, invoice["balance:after"]);
    assert.equal(invoice["cpu:cost:subscription"], "7.2");
  });

  it("is told in the document as it was", () => {
    const blocks = [...readFileSync(DOCUMENT, "utf8").matchAll(/^```console\n(.*?)^```$/gms)];
    assert.equal(blocks.map(([, text]) => text).join("\n"), story.shown.join("\n"));
  });
});
