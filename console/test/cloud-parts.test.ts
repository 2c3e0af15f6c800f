/** The admin's pages of the cloud itself: what needs the operator, hosts, pools, prices and webhooks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { Unreachable } from "../../src/host/errors.ts";
import { long } from "../../testing/share.ts";
import { until } from "../../testing/until.ts";
import { adminStage } from "./cloud-stage.ts";
import { focused } from "./focus.ts";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const panel = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

test("the overview of the cloud tells what is stuck and why, and what a host lacks, until that is mended", async (t) => {
  const { stage, ask, bob } = await adminStage(t);
  const { cloud } = stage;
  cloud.machine.checks = [
    { name: "Programs", verdict: "good", state: "all there" },
    { name: "KVM", verdict: "lacking", state: "no", follows: "guests are slow", todo: "turn it on" },
  ];
  const { drive } = await ask("drives/create", { name: "disk", size: "1M" }, bob);
  cloud.before = async (effect) => {
    if (effect === "drive destroy") throw new Unreachable("destroy was lost");
  };
  await ask(`drives/${drive}/destroy`, {}, bob).catch(() => undefined);
  const page = await stage.enter("cloud");
  const needs = panel(page, "What needs you");
  await needs.getByText("is tried again until it succeeds: destroy was lost").waitFor();
  await needs.getByText(String(drive)).waitFor();
  await needs.getByText("local: KVM").waitFor();
  const doctor = panel(page, "What the doctor says of local");
  await doctor.getByText("So guests are slow.").waitFor();
  await doctor.getByText("To change it: turn it on").waitFor();
  await panel(page, "local").getByText("0 MHz of 40 GHz").waitFor();
  cloud.before = async () => {};
  cloud.machine.checks = [];
  await cloud.settled();
  // What needs a person is found out once in two seconds, and the checks once a minute.
  await until("nothing needs anybody", async () =>
    Object.keys(await ask("cloud/status")).length === 0 ? true : null,
  );
  await page.reload();
  await needs.getByText("Nothing needs you now.").waitFor();
});

test("an overview that cannot be read says so, and is there once it can be", long, async (t) => {
  const { stage } = await adminStage(t);
  const page = await stage.enter();
  let isRefused = true;
  await page.route("**/cloud/status", (route) =>
    isRefused ? route.fulfill({ status: 503, body: "the store does not answer" }) : route.continue(),
  );
  await page.goto(`${stage.url}cloud`);
  await page.getByRole("alert").getByText("The store does not answer").waitFor();
  isRefused = false;
  await button(page, "Try again").click();
  await panel(page, "What needs you").waitFor();
});

test(
  "a pool is added and removed, what is wrong stands at its field, and one in use says why it stays",
  long,
  async (t) => {
    const { stage, ask, bob } = await adminStage(t);
    const page = await stage.enter("cloud/pools");
    await button(page, "Add a pool").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "Network" }).fill("203.0.113.0/28");
    await dialog.getByRole("textbox", { name: "Gateway" }).fill("192.0.2.1");
    await button(page, "Add a pool").last().click();
    await dialog.getByText(/^Gateway takes an address from 203\.0\.113\.1 to/).waitFor();
    await dialog.getByRole("textbox", { name: "Gateway" }).fill("203.0.113.1");
    await button(page, "Add a pool").last().click();
    const row = page.getByRole("row").filter({ hasText: "203.0.113.0/28" });
    await row.getByText("0 of 13").waitFor();
    const own = page.getByRole("row").filter({ hasText: "the host" }).getByRole("button", { name: "Remove" });
    assert.equal(await own.getAttribute("aria-disabled"), "true");
    const { resource } = await ask("resources/ip/create", { name: "web" }, bob);
    await page.reload();
    await row.getByText("1 of 13").waitFor();
    const remove = row.getByRole("button", { name: "Remove" });
    assert.equal(await remove.getAttribute("aria-description"), "Accounts hold addresses of it.");
    await ask(`resources/ip/${resource}/destroy`, {}, bob);
    await page.reload();
    await row.getByText("0 of 13").waitFor();
    await remove.click();
    await dialog.getByRole("textbox").fill("203.0.113.0/28");
    await dialog.getByRole("button", { name: "Remove" }).click();
    await row.waitFor({ state: "detached" });
  },
);

test("a drive becomes an image that everybody has, and one that is used says why it stays", async (t) => {
  const { stage, ask, bob } = await adminStage(t);
  const { drive } = await ask("drives/create", { name: "tools", size: "1M" });
  const page = await stage.enter("cloud/images");
  await page.getByRole("heading", { name: "No standard images yet" }).waitFor();
  await button(page, "Add an image").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("link", { name: "Upload an image" }).waitFor();
  const chosen = dialog.getByRole("combobox", { name: "Drive" });
  await focused(chosen).waitFor();
  await chosen.selectOption("tools");
  await dialog.getByRole("combobox", { name: "Kind" }).selectOption("cdrom");
  await button(page, "Add an image").last().click();
  const row = page.getByRole("row").filter({ hasText: "tools" });
  await row.getByText("ready").waitFor();
  await row.getByText("CD", { exact: true }).waitFor();
  const server = { name: "s", cpu: 500, mem: 64, "ide:1:0": drive, "ide:1:0:media": "cdrom" };
  const { server: uuid } = await ask("servers/create", server, bob);
  await row.getByRole("button", { name: "Remove" }).click();
  await dialog.getByRole("textbox").fill("tools");
  await dialog.getByRole("button", { name: "Remove" }).click();
  const refusal = dialog.getByRole("alert").filter({ hasText: `Drive ${drive} is in use by server ${uuid}` });
  const holder = refusal.getByRole("link", { name: String(uuid) });
  assert.equal(await holder.getAttribute("href"), `/console/servers/${uuid}`);
  await ask(`servers/${uuid}/destroy`, {}, bob);
  await dialog.getByRole("button", { name: "Remove" }).click();
  await row.waitFor({ state: "detached" });
});

test(
  "a cloud without prices says what a first list begins; lists in force and to come are told",
  long,
  async (t) => {
    const { stage, infoOf, bob } = await adminStage(t);
    const page = await stage.enter("cloud/prices");
    await page.getByRole("heading", { name: "This cloud charges nothing" }).waitFor();
    await button(page, "Add a price list").click();
    const dialog = page.getByRole("dialog");
    const memory = dialog.getByRole("group", { name: "Memory, an MB" });
    const balances = dialog.getByText(/^Every account begins with a balance of 0/);
    await balances.waitFor();
    await memory.getByRole("textbox", { name: "A month" }).fill("0.005");
    await button(page, "Add a price list").last().click();
    await memory.getByText(/^Mem:burst is missing/).waitFor();
    await memory.getByRole("textbox", { name: "An hour" }).fill("0.00001");
    await button(page, "Add a price list").last().click();
    await page.getByRole("heading", { name: /^In force since/ }).waitFor();
    await page.getByRole("cell", { name: "0.00001 EUR" }).waitFor();
    assert.equal((await infoOf(bob)).currency, "EUR");
    await button(page, "Add a price list").click();
    await memory.getByRole("textbox", { name: "An hour" }).fill("0.00002");
    assert.equal(await balances.count(), 0);
    await button(page, "Add a price list").last().click();
    await page.getByRole("heading", { name: /^From 1 / }).waitFor();
    await page.getByRole("cell", { name: "0.00002 EUR" }).waitFor();
  },
);

test("an account is credited where there are prices, and its balance follows", async (t) => {
  const { stage, ask, infoOf, bob } = await adminStage(t);
  await ask("pricing/set", { currency: "EUR", from: "now", "mem:burst": "0.00001" });
  const page = await stage.enter(`cloud/accounts/${bob}?tab=money`);
  await page.getByRole("textbox", { name: "Amount" }).fill("much");
  await page.getByRole("textbox", { name: "Reference" }).fill("2027-0001");
  await button(page, "Credit").click();
  await page.getByText(/^Amount takes an amount of money/).waitFor();
  await page.getByRole("textbox", { name: "Amount" }).fill("50");
  await button(page, "Credit").click();
  await page.getByText("50 EUR", { exact: true }).waitFor();
  assert.equal((await infoOf(bob)).balance, "50");
  assert.equal(await page.getByRole("textbox", { name: "Amount" }).inputValue(), "");
});

test("a webhook is added, whose secret is shown once, and removed", long, async (t) => {
  const { stage } = await adminStage(t);
  const page = await stage.enter("cloud/webhooks");
  await button(page, "Add a webhook").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "URL" }).fill("https://billing.example.com/lodge");
  await dialog.getByRole("textbox", { name: "Events" }).fill("account.warning");
  await button(page, "Add a webhook").last().click();
  await page.getByText("This signs its events.").waitFor();
  await button(page, "I have kept it").click();
  await button(page, "Log").click();
  await dialog.getByText("Nothing was sent yet.").waitFor();
  await page.keyboard.press("Escape");
  await button(page, "Remove").click();
  await dialog.getByRole("textbox").fill("https://billing.example.com/lodge");
  await dialog.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("heading", { name: "No webhooks yet" }).waitFor();
});
