/** Addresses of pages that somebody typed, or that a chat made of them: no value has a page not be shown, and each is as it was typed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { adminStage } from "./cloud-stage.ts";
import { fill, type Scene } from "./scene.ts";
import { goWithin } from "./stage.ts";

/** What a value would be in JSON, or in no text at all. */
const VALUES = ["5", "-1", "true", "null", '"', "{}", '["a"]', "%", "nonsense", ""];

const NAMES = [
  ...["q", "sort", "tag", "view", "tab", "dialog", "range", "figures", "month", "subscribe", "command"],
  ...["object", "outcome", "from", "only", "image", "drive", "keys"],
];

/** Addresses with what their headings are; beside each other are no two with the same. */
const pagesOf = (
  { server, drive }: Scene,
  bob: string,
): readonly (readonly [path: string, heading: string])[] => [
  ["", "Overview"],
  ["servers", "Servers"],
  ["servers/create", "Create a server"],
  [`servers/${server}`, "web-frontend"],
  ["drives", "Drives"],
  [`servers/${server}?tab=graphs`, "web-frontend"],
  ["images", "Images"],
  [`drives/${drive}`, "backup-of-the-database-in-november"],
  ["addresses", "Addresses"],
  ["vlans", "VLANs"],
  ["activity", "Activity"],
  ["account", "Account"],
  ["api", "API"],
  ["account?tab=money", "Account"],
  ["cloud/accounts", "Accounts"],
  ["account?tab=ledger", "Account"],
  [`cloud/accounts/${bob}`, "bob"],
  ["cloud/images", "Images"],
  [`cloud/accounts/${bob}?tab=events`, "bob"],
  ["cloud/pools", "Pools"],
  ["cloud/prices", "Prices"],
  ["cloud/audit", "Audit"],
  ["cloud/webhooks", "Webhooks"],
];

/** The address with that value of every name that it says nothing of. */
function withValue(path: string, value: string): string {
  const [page = "", query = ""] = path.split("?");
  const search = new URLSearchParams(query);
  for (const name of NAMES.filter((each) => !search.has(each))) search.set(name, value);
  return `${page}?${search}`;
}

/** Reading that was refused is told in the page. */
function faultsOf(page: Page): string[] {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    const isRefused = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isRefused) faults.push(`${page.url()}: ${message.text()}`);
  });
  return faults;
}

test("every page is shown, whatever value its address has of whatever name", async (t) => {
  const { stage, bob } = await adminStage(t);
  const scene = await fill(stage);
  const page = await stage.enter();
  const faults = faultsOf(page);
  for (const value of VALUES) {
    for (const [path, heading] of pagesOf(scene, bob)) {
      const address = withValue(path, value);
      await goWithin(page, stage.url + address);
      const shown = page.getByRole("heading", { level: 1, name: heading, exact: true, includeHidden: true });
      await shown.or(page.getByText("This page could not be shown")).first().waitFor({ state: "attached" });
      assert.equal(await shown.count(), 1, address);
      assert.deepEqual(faults, [], address);
    }
  }
});

test("a filter that is a number, or a word of JSON, filters, and does so after a reload", async (t) => {
  const { stage, ask } = await adminStage(t);
  for (const name of ["disk 2718281828", "true to type", "other"])
    await ask("drives/create", { name, size: "4M" });
  const page = await stage.enter("drives");
  const filter = page.getByRole("searchbox");
  for (const [typed, found] of [
    ["2718281828", "disk 2718281828"],
    ["true", "true to type"],
  ] as const) {
    await filter.fill(typed);
    await page.waitForURL(`**/drives?q=${typed}`);
    await page.reload();
    await page.getByText("1 of 3", { exact: true }).waitFor();
    assert.equal(await filter.inputValue(), typed);
    await page.getByRole("table").getByText(found).waitFor();
    assert.ok(page.url().endsWith(`?q=${typed}`), page.url());
  }
  await page.goto(`${stage.url}activity?q=2718281828`);
  await page.getByRole("heading", { level: 1, name: "Activity" }).waitFor();
  await page.getByText("disk 2718281828").first().waitFor();
  assert.equal(await page.getByText("other", { exact: true }).count(), 0);
});

test("what a page makes nothing of leaves its address", async (t) => {
  const { stage } = await adminStage(t);
  const page = await stage.enter("drives?view=nonsense&q=disk&from=5");
  await page.waitForURL("**/drives?q=disk");
});
