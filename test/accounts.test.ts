/** The operator's command line on accounts, keys, limits and events: clients of the API, on the machine and from another. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../testing/cloud.ts";
import { openReceiver } from "../testing/hook-receiver.ts";
import { long } from "../testing/share.ts";
import { until } from "../testing/until.ts";
import { userIn } from "../testing/user.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe("lodge, as a client of the API", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
  });
  after(() => cloud?.close());

  /** Runs a subcommand with the admin's key out of the environment. */
  const lodge = (...words: string[]) => cloud.tool("lodge", words);
  const run = (...words: string[]) => cloud.lodge(...words);
  const json = async (...words: string[]) => JSON.parse(await run(...words, "--json"));
  const create = async (...words: string[]) => {
    const { uuid: user, auth } = userIn(await run("account", "create", ...words));
    return { auth, user };
  };
  const refused = async (...words: string[]) => {
    const { code, stdout, stderr } = await lodge(...words);
    assert.equal(stdout, "");
    assert.match(stderr, /^lodge: [^\n]+\n$/);
    return [code, stderr] as const;
  };

  it("makes an account whose key opens it, tells and changes it, and closes it", async () => {
    const { user, auth } = await create(
      "--name",
      "Example Ltd",
      "--email",
      "a@example.com",
      "--limit",
      "ip=2",
    );
    assert.equal((await cloud.ask("profile/info", { auth })).status, 200);
    const info = await json("account", "info", user);
    assert.deepEqual([info.name, info.email, info["limit:ip"]], ["Example Ltd", "a@example.com", 2]);
    const words = ["--name", "Renamed", "--limit", "ip=", "--limit", "cpu=500"];
    const set = await json("account", "set", user, ...words);
    assert.deepEqual([set.name, set["limit:ip"], set["limit:cpu"]], ["Renamed", 256, 500]);
    const lines = (await run("account", "list")).split("\n");
    assert.match(lines[0] ?? "", /^user +name +status +role +servers +drives +email$/);
    assert.ok(lines.some((line) => line.startsWith(`${user}  Renamed`) && line.endsWith("a@example.com")));
    assert.equal(await run("account", "suspend", user, "--reason", "unpaid"), "");
    assert.match(await run("account", "info", user), /^status +suspended\nreason +unpaid$/m);
    assert.equal(await run("account", "resume", user), "");
    const made = await cloud.ask("resources/vlan/create", { auth, method: "POST" });
    assert.equal(made.status, 200);
    const [code, sentence] = await refused("account", "close", user);
    assert.deepEqual([code, /^lodge: busy: account .* everything true/.test(sentence)], [1, true]);
    assert.equal(await run("account", "close", user, "--everything"), "");
    assert.equal((await json("account", "info", user)).status, "closed");
    assert.equal((await json("account", "info")).role, "admin", "one's own where none is named");
  });

  it("makes, lists, changes and ends keys, of one's own account and of another", async () => {
    const { user } = await create("--name", "keys");
    const line = await run(
      ...["key", "create", "--user", user, "--name", "ci", "--scope", "drives servers"],
      ...["--expires", "2100-01-01T00:00:00Z"],
    );
    const { auth } = userIn(line);
    assert.equal((await cloud.ask("drives/list", { auth })).status, 200);
    assert.equal((await cloud.ask("profile/info", { auth })).status, 404);
    const keys = await json("key", "list", "--user", user);
    const { key, hint } = keys[1];
    assert.match(key, UUID);
    const table = await run("key", "list", "--user", user);
    assert.match(table, /^key +name +scope +expires +used +hint$/m);
    assert.ok(table.includes(`${key}  ci         drives servers  2100-01-01T00:00:00Z`), table);
    assert.ok(auth.endsWith(hint));
    assert.equal(await run("key", "set", key, "--user", user, "--name", "nightly", "--expires", ""), "");
    const [, changed] = await json("key", "list", "--user", user);
    assert.deepEqual([changed.name, changed.expires], ["nightly", undefined]);
    assert.equal(await run("key", "destroy", key, "--user", user), "");
    assert.equal((await cloud.ask("drives/list", { auth })).status, 401);
    const [code] = await refused("key", "destroy", key, "--user", user);
    assert.equal(code, 1);
    assert.equal((await json("key", "list")).length, 1);
  });

  it(
    "lets who has lost every admin's secret in again, by the home alone, with the daemon running",
    long,
    async () => {
      const nowhere = { EHURI: "", EHAUTH: "", LODGE_HOME: cloud.home };
      const words = ["key", "create", "--admin", "--name", "found again"];
      const { code, stdout, stderr } = await cloud.tool("lodge", words, "", nowhere);
      assert.equal(code, 0, stderr);
      const { auth } = userIn(stdout);
      assert.equal((await cloud.ask("accounts/list", { auth })).status, 200);
      const [made] = (await json("events")).filter(
        ({ address }: { address: string }) => address === "the store",
      );
      assert.deepEqual([made.command, made.user], ["profile/keys/create", cloud.auth.slice(0, 36)]);
      assert.equal(await run("key", "destroy", made.object), "");
      const { user } = await create("--name", "no admin");
      for (const [more, exit, sentence] of [
        [["--user", user], 1, /there is no admin/],
        [["--user", "bob"], 2, /--user takes the uuid/],
        [["--scope", "read"], 2, /neither --scope nor --expires/],
        [["--name", "two\nlines"], 2, /--name takes a line/],
        [["--home", `${cloud.home}/nothing`], 2, /is no home of a cloud/],
      ] as const) {
        const refusal = await cloud.tool("lodge", [...words, ...more], "", nowhere);
        assert.deepEqual([refusal.code, refusal.stdout], [exit, ""], more.join(" "));
        assert.match(refusal.stderr, sentence);
      }
    },
  );

  it("tells and sets limits, and what was done", async () => {
    const { user, auth } = await create("--name", "limited");
    await cloud.ask("drives/create", { auth, body: "name d\nsize 4096\n" });
    const limits = await json("limit", "set", user, "disk=10k", "servers=3");
    assert.deepEqual(limits[2], { resource: "disk", used: 4096, limit: 10_240 });
    const table = await run("limit", "list", "--user", user);
    assert.match(table, /^resource +used +limit\ncpu +0 +-\nmem +0 +-\ndisk +4096 +10240\n/);
    const events = await json("events", "--user", user);
    assert.deepEqual(
      events.map(({ command }: { command: string }) => command),
      [
        ...["accounts/create", "drives/create", "accounts/USER/set"],
        ...["accounts/USER/info", "profile/events[/FROM]"],
      ],
    );
    const [, first] = events;
    const all = await run("events", "--from", String(first.event));
    assert.match(all, /^event +time +user +actor +address +command +object +outcome$/m);
    assert.ok(all.split("\n")[1]?.startsWith(`${first.event} `));
  });

  it("tells what was used, and what is used now", async () => {
    const { user, auth } = await create("--name", "uses");
    await cloud.ask("resources/vlan/create", { method: "POST", auth });
    const now = await run("usage", "--now", "--user", user);
    assert.match(now, /^resource +using +subscribed +burst\ncpu +0 +0 +0\n/);
    assert.match(now, /^vlan +1 +0 +1$/m);
    const [from, to] = ["2020-01-01", "2020-01-03"];
    const used = await run("usage", "--from", from, "--to", to, "--user", user);
    assert.match(used, /^resource +amount +subscribed +burst\ncpu +0 +0 +0\n/);
    assert.equal((await json("usage", "--user", user)).length, 8);
    const [code, said] = await refused("usage", "--from", "1800", "--to", "3600");
    assert.equal(code, 1);
    assert.match(said, /FROM and TO are whole hours/);
  });

  it("sets prices out of a file, credits accounts, and tells and checks ledgers", long, async () => {
    const folder = await mkdtemp(join(tmpdir(), "lodge-prices-"));
    try {
      const file = join(folder, "prices.json");
      const priced = (list: unknown) => writeFile(file, JSON.stringify(list));
      for (const [list, fault] of [
        [{ currency: "EUR", from: "now", cpu: { burst: 0.1 } }, /no price list: cpu\.burst: /],
        [{ currency: "EUR", from: "now", cpu: { burst: "0.1", week: "1" } }, /no price list: cpu: /],
        [{ currency: "EUR", from: "now", tape: { burst: "0.1" } }, /no price list: the whole: /],
        [{ from: "now" }, /no price list: currency: /],
      ] as const) {
        await priced(list);
        const [code, sentence] = await refused("price", "set", file);
        assert.equal(code, 2);
        assert.match(sentence, fault);
      }
      const prices = { cpu: { burst: "0.0001", subscription: "0.03", year: "9" }, xfer: { burst: "0.01" } };
      await priced({ currency: "EUR", from: "now", ...prices });
      const table = await run("price", "set", file);
      assert.match(
        table,
        /^from +resource +burst +subscription +year +currency\n\S+:00:00Z +cpu +0\.0001 +0\.03 +9 +EUR\n\S+ +xfer +0\.01 +- +- +EUR\n$/,
      );
      assert.equal(await run("price", "list"), table);
      assert.equal((await json("price", "list"))[0]["cpu:year"], "9");
    } finally {
      await rm(folder, { recursive: true });
    }
    const { user } = await create("--name", "paying", "--credit", "5");
    const paid = ["credit", user, "12.50", "--reference", "2027-1", "--text", "bank"];
    const entry = await run(...paid);
    assert.match(
      entry,
      /^entry +time +kind +resource +from +amount +balance +text\n1 +\S+Z +credit +- +- +12\.5 +12\.5 +bank\n$/,
    );
    assert.equal(await run(...paid), entry);
    assert.equal(await run("ledger", "--user", user), entry);
    assert.equal((await json("ledger", "--user", user, "--from", "2020-01-01T00:00:00Z")).length, 1);
    assert.deepEqual(await json("ledger", "--user", user, "--to", "2020-01-01T00:00:00Z"), []);
    assert.equal((await json("account", "info", user)).credit, "5");
    assert.equal(await run("ledger", "check"), "every balance is the sum of its entries\n");
    assert.deepEqual(await json("ledger", "check"), []);
    await run("account", "close", user);
    assert.equal(await run("ledger", "--user", user), entry, "of one that is closed, too");
    assert.equal((await json("usage", "--user", user)).length, 8);
    assert.ok(Array.isArray(await json("invoice", "list", "--user", user)));
    assert.ok((await json("limit", "list", "--user", user)).length > 0);
  });

  it("takes the cloud and the key of the home where the environment names none, and says so where neither does", async () => {
    const nowhere = { EHURI: "", EHAUTH: "" };
    const found = await cloud.tool("lodge", ["account", "info", "--json"], "", nowhere);
    assert.equal(JSON.parse(found.stdout).user, cloud.auth.slice(0, 36), found.stderr);
    const elsewhere = { EHURI: "http://127.0.0.1:1/", EHAUTH: "x:y" };
    const named = await cloud.tool("lodge", ["key", "list", "--home", cloud.home], "", elsewhere);
    assert.equal(named.code, 0, named.stderr);
    const lost = { ...nowhere, LODGE_HOME: `${cloud.home}/nothing` };
    const { code, stderr } = await cloud.tool("lodge", ["account", "list"], "", lost);
    assert.equal(code, 2);
    assert.match(stderr, /^lodge: EHURI and EHAUTH are not set, and \S+ does not say where the API is/);
  });

  it("says in one line what it was asked for wrongly", long, async () => {
    for (const words of [
      ["account", "set"],
      ["account", "suspend", "a", "b"],
      ["limit", "set"],
      ["limit", "set", "a", "cpu"],
      ["key", "create", "--name", "k", "--expires", "tomorrow"],
      ["account", "create", "--colour", "red"],
      ["usage", "--from", "0"],
      ["usage", "--now", "--from", "0", "--to", "3600"],
      ["usage", "--from", "then", "--to", "3600"],
      ["price", "set"],
      ["price", "set", "/nowhere/at/all.json"],
      ["credit", "a", "5"],
      ["ledger", "mend"],
    ]) {
      const [code] = await refused(...words);
      assert.equal(code, 2, words.join(" "));
    }
    const [code, sentence] = await refused("account", "info", "nobody");
    assert.deepEqual([code, sentence], [1, "lodge: missing: there is no user nobody\n"]);
  });

  it("has events sent to a URL, tells what came of it, and sends no more", long, async (t) => {
    const receiver = await openReceiver(t);
    const events = "account.suspended,account.resumed";
    const added = await run("webhook", "add", receiver.url, "--events", events);
    const [, webhook = ""] = /^webhook (\S+)\nsecret [0-9a-f]{64}\n$/.exec(added) ?? assert.fail(added);
    assert.match(await run("webhook", "test", webhook), /^The webhook took it, and answered 204\.\n$/);
    const { user } = await create("--name", "hooked");
    await run("account", "suspend", user, "--reason", "why");
    await run("account", "resume", user);
    await until("both came", async () => (receiver.received.length === 3 ? true : null));
    assert.deepEqual(
      receiver.received.map(({ json }) => json.event),
      ["webhook.test", "account.suspended", "account.resumed"],
    );
    const log = await until("both are noted", async () => {
      const lines = (await run("webhook", "log", webhook)).trimEnd().split("\n");
      return lines.filter((line) => line.includes("delivered")).length === 2 ? lines : null;
    });
    assert.match(log[0] ?? "", /^delivery +time +event +user +state/);
    assert.equal((await json("webhook", "set", webhook, "--events", "ledger.entry")).events, "ledger.entry");
    assert.match(await run("webhook", "list"), new RegExp(`${webhook}  ${receiver.url}`));
    receiver.answer = (response) => response.writeHead(410).end();
    assert.match((await refused("webhook", "test", webhook))[1], /did not take it: it answered 410/);
    await run("webhook", "remove", webhook);
    assert.equal(await run("webhook", "list"), "webhook  url  waiting  events  error\n");
    assert.match((await refused("webhook", "add", receiver.url))[1], /--events/);
  });
});
