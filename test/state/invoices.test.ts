/** The commands on invoices over a state cloud, in both content types, and the event that one is final. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createUser } from "../../src/accounts/users.ts";
import type { UserId } from "../../src/base/ids.ts";
import { monthAt } from "../../src/billing/month.ts";
import { openReceiver } from "../../testing/hook-receiver.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { serveState } from "../../testing/state-http.ts";
import { makeServer } from "../../testing/state-objects.ts";

const TYPES = ["text/plain", "application/json"];

type Row = Readonly<Record<string, unknown>>;

async function opened(t: TestContext) {
  const cloud = await openCloud(t);
  const { uuid: bob } = await createUser(cloud.daemon().store, "bob");
  const { url, authorizationOf } = await serveState(t, cloud);
  const ask = async (user: UserId, path: string, given?: Row, type = "application/json") => {
    const answer = await fetch(`${url}${path}`, {
      method: given === undefined ? "GET" : "POST",
      headers: { authorization: authorizationOf(user), accept: type, "content-type": "application/json" },
      ...(given && { body: JSON.stringify(given) }),
    });
    return { status: answer.status, code: answer.headers.get("x-lodge-error"), text: await answer.text() };
  };
  return { cloud, ask, ann: cloud.user, bob };
}

/** What an answer of one object in either type says. */
function readObject(text: string, type: string): Row {
  if (type === "application/json") return JSON.parse(text);
  return Object.fromEntries(
    text
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" ", 2)),
  );
}

const nowS = ({ daemon }: Cloud) => daemon().dependencies.clock.now();

test("an invoice is answered to its account and to admins, by its month, and to nobody else", async (t) => {
  const { cloud, ask, ann, bob } = await opened(t);
  const prices = {
    currency: "EUR",
    from: "now",
    "cpu:burst": "0.002",
    "mem:subscription": "1",
    "mem:burst": "0",
  };
  assert.equal((await ask(ann, "pricing/set", prices)).status, 200);
  await ask(ann, `accounts/${bob}/credit`, { amount: "100", reference: "r" });
  await ask(bob, "subscriptions/create", { resource: "mem", amount: 2, period: "month" });
  await makeServer({ daemon: cloud.daemon, user: bob });
  // Past the hour in which it began, and the two minutes behind it.
  cloud.later(3_720_000);
  await cloud.daemon().charge();
  const month = monthAt(nowS(cloud)).name;
  for (const type of TYPES) {
    const list = await ask(bob, "profile/invoices/list", undefined, type);
    assert.equal(list.text.includes(month), true);
    const own = await ask(bob, `profile/invoices/${month}/info`, undefined, type);
    const { "cpu:amount": amount, "cpu:cost:burst": cost, ...invoice } = readObject(own.text, type);
    assert.ok(Number(amount) > 0 && Math.abs(Number(cost) - Number(amount) * 0.002) < 1e-8);
    const sums = [
      "status",
      "currency",
      "balance:before",
      "mem:cost:subscription",
      "credited",
      "refunded",
      "corrected",
    ];
    assert.deepEqual(
      sums.map((key) => invoice[key]),
      ["open", "EUR", "0", "2", "100", "0", "0"],
    );
    assert.equal(invoice["mem:cost:burst"], "0");
    assert.ok(Number(invoice["mem:burst"]) > 0 && Number(invoice["mem:subscribed"]) > 0);
    assert.ok(Math.abs(Number(invoice["balance:after"]) - (98 - Number(cost))) < 1e-8);
    assert.ok(Math.abs(Number(invoice.charged) - (2 + Number(cost))) < 1e-8);
    assert.deepEqual(
      [invoice.user, invoice.month, Number(invoice.to) > Number(invoice.from)],
      [bob, month, true],
    );
    for (const path of ["list", `${month}/info`]) {
      const [his, annsOfHim] = [
        await ask(bob, `profile/invoices/${path}`, undefined, type),
        await ask(ann, `accounts/${bob}/invoices/${path}`, undefined, type),
      ];
      assert.deepEqual([annsOfHim.status, annsOfHim.text], [200, his.text]);
      assert.equal(
        (await ask(bob, `accounts/${ann}/invoices/${path}`, undefined, type)).code,
        "no_such_command",
      );
    }
  }
  for (const wrong of ["2026-13", "1999-12", "x", monthAt(nowS(cloud) + 40 * 86_400).name])
    assert.equal((await ask(bob, `profile/invoices/${wrong}/info`)).code, "no_such_invoice");
  assert.equal((await ask(ann, `profile/invoices/${month}/info`)).code, "no_such_invoice");
});

test("a cloud without prices has no invoices", async (t) => {
  const { cloud, ask, ann } = await opened(t);
  await makeServer(cloud);
  assert.equal((await ask(ann, "profile/invoices/list")).text.trim(), "[]");
  const month = monthAt(nowS(cloud)).name;
  assert.equal((await ask(ann, `profile/invoices/${month}/info`)).code, "no_such_invoice");
});

test("hooks are told that a month's invoice is final", async (t) => {
  const { cloud, ask, ann, bob } = await opened(t);
  const receiver = await openReceiver(t);
  await ask(ann, "pricing/set", { currency: "EUR", from: "now", "cpu:burst": "0.002" });
  await ask(ann, "webhooks/create", { url: receiver.url, events: "invoice.made ledger.entry" });
  await ask(ann, `accounts/${bob}/credit`, { amount: "100", reference: "r", text: "thanks" });
  const month = monthAt(nowS(cloud));
  cloud.later((month.to - nowS(cloud) + 130) * 1000);
  await cloud.daemon().charge();
  for (let looks = 0; looks < 2; looks++) {
    await cloud.daemon().invoicing.look();
    await cloud.daemon().deliverer.idle();
  }
  const [entry, ...rest] = receiver.received.map(({ json }) => [json.user, json.event, json.data] as const);
  const { time: _, ...data } = entry?.[2] ?? {};
  assert.deepEqual(
    [entry?.[0], entry?.[1], data],
    [
      bob,
      "ledger.entry",
      { entry: 1, amount: "100", balance: "100", kind: "credit", text: "thanks", reference: "r" },
    ],
  );
  assert.deepEqual(rest, [[bob, "invoice.made", { month: month.name }]]);
});
