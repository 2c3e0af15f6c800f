/** Use and money: where there are prices, while funds last, once they have ended, and where there are none. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { createUser } from "../../src/accounts/users.ts";
import type { UserId } from "../../src/base/ids.ts";
import { long } from "../../testing/share.ts";
import { assertLooks, type Size } from "./looked.ts";
import { fill } from "./scene.ts";
import { openStage, SIZES, type Stage } from "./stage.ts";

const PRICES = {
  ...{ currency: "EUR", from: "now", "cpu:burst": "0.00001", "cpu:subscription": "0.0036" },
  ...{ "mem:burst": "0.00002", "mem:subscription": "0.0072", "disk:burst": "0.0002" },
  ...{ "ip:burst": "0.005", "vlan:burst": "0.001", "xfer:burst": "0.05", "xfer:subscription": "0.03" },
};

type Values = Readonly<Record<string, string | number>>;

async function ask(
  { http, cloud }: Stage,
  path: string,
  values?: Values,
  user: UserId = cloud.user,
): Promise<Readonly<Record<string, string>>> {
  const answer = await fetch(http.url + path, {
    method: values === undefined ? "GET" : "POST",
    headers: {
      authorization: http.authorizationOf(user),
      accept: "application/json",
      "content-type": "application/json",
    },
    ...(values === undefined ? {} : { body: JSON.stringify(values) }),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
  return text === "" ? {} : JSON.parse(text);
}

const credit = (stage: Stage, amount: string) =>
  ask(stage, `accounts/${stage.cloud.user}/credit`, {
    ...{ amount, reference: `r${amount}`, text: "bank transfer" },
  });

/** A cloud with prices, in which there is something of each kind, and its user has 50 EUR. */
async function priced(t: TestContext, amount = "50") {
  const stage = await openStage(t);
  await ask(stage, "pricing/set", PRICES);
  await credit(stage, "1000");
  const scene = await fill(stage);
  await credit(stage, String(Number(amount) - 1000));
  return { stage, scene };
}

/** An hour passes, and is charged. */
async function anHour({ cloud }: Stage): Promise<void> {
  cloud.later(3_720_000);
  await cloud.daemon().charge();
}

const WORDS =
  /balance|money|pric|cost|invoice|subscri|ledger|funds|billing|credit|currency|\bEUR\b|burst|burning/i;

test("a cloud without prices shows no word of money on any page, and asks for none", long, async (t) => {
  const stage = await openStage(t);
  const { server, drive } = await fill(stage);
  const page = await stage.enter("");
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const paths = ["", "servers", "servers/create", `servers/${server}`, `servers/${server}?tab=configuration`];
  paths.push("drives", "drives/create", "drives/upload", `drives/${drive}`, "images", "addresses", "vlans");
  paths.push(
    ...["profile", "limits", "keys", "sessions", "money", "ledger"].map((tab) => `account?tab=${tab}`),
  );
  for (const path of paths) {
    await page.goto(stage.url + path);
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    await page.getByRole("status", { name: "Loading" }).first().waitFor({ state: "detached" });
    const shown = await page.locator("body").textContent();
    assert.doesNotMatch(shown ?? "", WORDS, path);
  }
  await page.goto(`${stage.url}vlans`);
  await page.getByRole("button", { name: "Create a VLAN" }).click();
  assert.doesNotMatch((await page.getByRole("dialog").textContent()) ?? "", WORDS);
  const ofMoney = asked.filter((path) => /pricing|subscriptions|ledger|invoices|usage\/now/.test(path));
  assert.deepEqual(ofMoney, []);
  await page.goto(`${stage.url}account?tab=limits`);
  await page.getByRole("region", { name: "Use of a month" }).getByRole("cell", { name: "CPU" }).waitFor();
});

test(
  "forms tell what is about to be made costs, while they are filled in, and what is covered",
  long,
  async (t) => {
    const { stage } = await priced(t);
    const page = await stage.enter("drives/create");
    const cost = page.getByRole("status", { name: "What it costs" });
    await cost.getByText("told once its size is").waitFor();
    await page.getByRole("textbox", { name: "Size" }).fill("100G");
    await cost.getByText(/Costs about 0\.02 EUR an hour, 14\.40 EUR a month \(720 hours\)/).waitFor();
    await page.getByRole("textbox", { name: "Size" }).fill("a lot");
    await cost.getByText("told once its size is").waitFor();
    await page.goto(`${stage.url}vlans`);
    await page.getByRole("button", { name: "Create a VLAN" }).click();
    await cost.getByText(/about 0\.001 EUR an hour, 0\.72 EUR a month/).waitFor();
    await page.goto(`${stage.url}servers/create`);
    await page.getByRole("textbox", { name: "Size of the drive" }).fill("10G");
    await page.getByText("Small", { exact: true }).click();
    // 1000 × 0.00001 + 512 × 0.00002 + 10 × 0.0002
    await cost.getByText(/about 0\.02224 EUR an hour while it runs, 16\.01 EUR a month/).waitFor();
    await ask(stage, "subscriptions/create", { resource: "cpu", amount: 8000, period: "month" });
    await page.reload();
    await page.getByRole("textbox", { name: "Size of the drive" }).fill("10G");
    await page.getByText("Small", { exact: true }).click();
    // 7500 MHz... of what runs: 6500 of the 8000 are in use.
    await cost.getByText(/about 0\.01224 EUR an hour/).waitFor();
    await cost.getByText("Your subscriptions cover of it: CPU.").waitFor();
  },
);

test("a subscription is bought at the price that was asked for, and renewed or not", async (t) => {
  const { stage } = await priced(t);
  const page = await stage.enter("account?tab=money");
  await page.getByRole("button", { name: "Subscribe" }).click();
  assert.match(page.url(), /subscribe=true/);
  const dialog = page.getByRole("dialog", { name: "Subscribe" });
  await dialog.getByRole("button", { name: "Ask for the price" }).click();
  await dialog
    .getByText(/^Amount/)
    .first()
    .waitFor();
  await dialog.getByRole("textbox", { name: "Amount" }).fill("2000");
  await dialog.getByRole("button", { name: "Ask for the price" }).click();
  await dialog.getByText("It costs 7.2 EUR, charged at once").waitFor();
  // Another amount has another price.
  await dialog.getByRole("textbox", { name: "Amount" }).fill("1000");
  await dialog.getByRole("button", { name: "Ask for the price" }).click();
  await dialog.getByRole("button", { name: "Buy for 3.6 EUR" }).click();
  await page.getByText("You are subscribed").waitFor();
  const list = page.getByRole("table", { name: "Subscriptions" });
  await list.getByRole("cell", { name: "1 GHz" }).waitFor();
  const renewal = list.getByRole("switch", { name: /^Renew the subscription to CPU/ });
  assert.equal(await renewal.isChecked(), false);
  await renewal.press("Space");
  await page.getByText("Saved").waitFor();
  const [bought] = (await ask(stage, "subscriptions/info")) as unknown as readonly Values[];
  assert.deepEqual([bought?.renew, bought?.price], ["true", "3.6"]);
  await page.getByText("46.4 EUR").first().waitFor();
});

test("an address that is refused for a balance leads to what one has", long, async (t) => {
  const { stage, scene } = await priced(t, "0.01");
  const page = await stage.enter(`servers/${scene.stopped}`);
  await page.getByRole("button", { name: "Start" }).click();
  const told = page.getByRole("alert").filter({ hasText: "your balance is 0.01" });
  await told.waitFor();
  await told.getByRole("link", { name: "See what you have" }).click();
  await page.getByRole("tab", { name: "Money", selected: true }).waitFor();
  await page.goto(`${stage.url}drives/create`);
  await page.getByRole("textbox", { name: "Name" }).fill("big");
  await page.getByRole("textbox", { name: "Size" }).fill("900G");
  await page.getByRole("button", { name: "Create the drive" }).click();
  const alert = page.getByRole("alert").filter({ hasText: "your balance is 0.01" });
  await alert.getByRole("link", { name: "See what you have" }).click();
  await page.getByRole("tab", { name: "Money", selected: true }).waitFor();
});

/** What each cell of a table's rows says, its heads apart. */
async function rowsOf(page: Page, name: string): Promise<readonly (readonly string[])[]> {
  const table = page.getByRole("table", { name });
  await table.waitFor();
  const rows = await table.getByRole("row").all();
  const cells = await Promise.all(rows.map((row) => row.getByRole("cell").allTextContents()));
  return cells.filter(({ length }) => length > 0);
}

test(
  "the ledger has the last entry first, and an invoice says the same to the digit, and can be kept as CSV",
  long,
  async (t) => {
    const { stage } = await priced(t);
    await ask(stage, "subscriptions/create", { resource: "cpu", amount: 100, period: "month" });
    await anHour(stage);
    const { month } =
      ((await ask(stage, "profile/invoices/list")) as unknown as readonly Values[]).at(-1) ?? {};
    const invoice = await ask(stage, `profile/invoices/${month}/info`);
    const page = await stage.enter("account?tab=ledger");
    const entries = await rowsOf(page, "Ledger");
    const numbers = entries.map(([entry]) => Number(entry));
    assert.ok(numbers.length >= 5);
    assert.deepEqual(
      numbers,
      [...numbers].sort((one, other) => other - one),
    );
    assert.equal(entries[0]?.at(-1), invoice["balance:after"]);
    await page.getByRole("searchbox").fill("bank");
    await page.getByText(/^2 of \d+$/).waitFor();
    await page.getByRole("tab", { name: "Invoices" }).click();
    await page.getByRole("link", { name: String(month) }).click();
    await page.getByRole("heading", { level: 1, name: `Invoice ${month}` }).waitFor();
    const charges = await rowsOf(page, "What was charged");
    const cpu = charges.find(([resource, way]) => resource === "CPU" && way === "by the hour");
    assert.equal(cpu?.at(-1), invoice["cpu:cost:burst"]);
    assert.equal(charges.at(-1)?.at(-1), invoice.charged);
    assert.equal((await rowsOf(page, "Balance")).at(-1)?.at(-1), invoice["balance:after"]);
    const href = await page.getByRole("link", { name: "Download as CSV" }).getAttribute("href");
    assert.match(decodeURIComponent(href ?? ""), new RegExp(`,cpu,burst,${invoice["cpu:burst"]},`));
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.getByRole("navigation").isVisible(), false);
    assert.equal(await page.getByRole("button", { name: "Print" }).isVisible(), false);
    await page.emulateMedia({ media: "screen" });
  },
);

test("whoever's funds are low or have ended is told so with when, and where to go", long, async (t) => {
  const { stage } = await priced(t, "5");
  const page = await stage.enter();
  const needs = page.getByRole("region", { name: "What needs you" });
  await needs.getByText(/Your funds last until .*, 1 day from now|Your funds last until/).waitFor();
  await credit(stage, "-6");
  await page.reload();
  await needs.getByText("Your funds have ended: what runs will be stopped.").waitFor();
  await needs.getByRole("link", { name: "See what you have" }).click();
  await page.getByRole("alert").filter({ hasText: "Your funds have ended." }).waitFor();
});

test("whoever is suspended is told so on each page, with the reason", long, async (t) => {
  const { stage } = await priced(t);
  await suspend(stage, "its funds have ended");
  const page = await stage.enter();
  for (const path of ["", "servers", "drives/create", "account?tab=money"]) {
    await page.goto(stage.url + path);
    const line = page
      .getByRole("status")
      .filter({ hasText: "Your account is suspended: its funds have ended." });
    await line.getByRole("link", { name: "See what you have" }).waitFor();
  }
});

/** Another admin suspends the user. */
async function suspend(stage: Stage, reason: string): Promise<void> {
  const { uuid } = await createUser(stage.cloud.daemon().store, "eve");
  await ask(stage, `accounts/${uuid}/set`, { role: "admin" });
  await ask(stage, `accounts/${stage.cloud.user}/suspend`, { reason }, uuid);
  await stage.cloud.settled();
}

test("whoever is suspended in a cloud without prices is told so without a word of money", long, async (t) => {
  const stage = await openStage(t);
  await fill(stage);
  await suspend(stage, "abuse");
  const page = await stage.enter();
  await page.getByRole("status").filter({ hasText: "Your account is suspended: abuse." }).waitFor();
  await page
    .getByRole("region", { name: "What needs you" })
    .getByText("Your account is suspended.")
    .waitFor();
  assert.doesNotMatch((await page.locator("body").textContent()) ?? "", WORDS);
});

test(
  "use, money, ledger and invoices meet WCAG 2.2 AA and fit their screens, also when funds have ended and when suspended",
  long,
  async (t) => {
    const { stage } = await priced(t);
    for (const [resource, amount] of [
      ["cpu", 2000],
      ["xfer", "100G"],
    ] as const)
      await ask(stage, "subscriptions/create", { resource, amount, period: "month" });
    await anHour(stage);
    const { month } =
      ((await ask(stage, "profile/invoices/list")) as unknown as readonly Values[]).at(-1) ?? {};
    const pages: readonly (readonly [string, string])[] = [
      ["use", "account?tab=limits"],
      ["money", "account?tab=money"],
      ["ledger", "account?tab=ledger"],
      ["invoices", "account?tab=invoices"],
      ["invoice", `account/invoices/${month}`],
      ["create-server", "servers/create"],
      ["subscribe", "account?tab=money&subscribe=true"],
    ];
    await eachLook(stage, pages);
    await credit(stage, "-60");
    await eachLook(stage, [
      ["ended-overview", ""],
      ["ended-money", "account?tab=money"],
    ]);
    await suspend(stage, "its funds have ended");
    await eachLook(stage, [["suspended-overview", ""]]);
  },
);

async function eachLook(stage: Stage, pages: readonly (readonly [string, string])[]): Promise<void> {
  for (const size of Object.keys(SIZES) as Size[]) {
    const page = await stage.enter("", { size });
    for (const [name, path] of pages) {
      await page.goto(stage.url + path);
      await page.getByRole("heading").first().waitFor();
      await assertLooks(page, name, size);
    }
    await page.context().close();
  }
}
