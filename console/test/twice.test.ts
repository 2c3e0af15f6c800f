/** What is clicked twice is done once: the second click comes before the first one is drawn. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { long } from "../../testing/share.ts";
import { adminStage, type CloudStage } from "./cloud-stage.ts";

const clickTwice = (button: Locator) =>
  button.evaluate((element: { click(): void }) => {
    element.click();
    element.click();
  });

const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name });

/** How many of a list have the name, once all that was asked is answered. */
async function named({ stage, user }: CloudStage, page: Page, path: string, name: string): Promise<number> {
  await page.waitForLoadState("networkidle");
  const headers = {
    authorization: stage.http.authorizationOf(user as typeof stage.cloud.user),
    accept: "application/json",
  };
  const list = (await (await fetch(stage.http.url + path, { headers })).json()) as readonly {
    readonly name?: string;
  }[];
  return list.filter((each) => each.name === name).length;
}

test("who clicks twice makes one drive", async (t) => {
  const cloud = await adminStage(t);
  const page = await cloud.stage.enter("drives/create");
  await field(page, "Name").fill("once");
  await field(page, "Size").fill("10M");
  await clickTwice(page.getByRole("button", { name: "Create the drive" }));
  await heading(page, "once").waitFor();
  assert.equal(await named(cloud, page, "drives/info", "once"), 1);
  await page.goto(`${cloud.stage.url}drives/create`);
  await field(page, "Name").fill("again");
  await field(page, "Size").fill("10M");
  await page.getByRole("button", { name: "Create the drive" }).dblclick();
  await heading(page, "again").waitFor();
  assert.equal(await named(cloud, page, "drives/info", "again"), 1);
});

test("the button of a row that is clicked twice does its work once", async (t) => {
  const { stage } = await adminStage(t);
  const page = await stage.enter();
  await stage.enter();
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/destroy")) asked.push(request.url());
  });
  await page.goto(`${stage.url}account?tab=sessions`);
  await clickTwice(page.getByRole("button", { name: "End" }));
  await page.getByRole("button", { name: "End" }).waitFor({ state: "detached" });
  await page.waitForLoadState("networkidle");
  assert.equal(asked.length, 1);
});

test("who clicks twice makes one server, by all keys and on one page", long, async (t) => {
  const cloud = await adminStage(t);
  const page = await cloud.stage.enter("servers/create?keys=all");
  await field(page, "name").fill("by-keys");
  await field(page, "cpu").fill("500");
  await field(page, "mem").fill("64");
  await clickTwice(page.getByRole("button", { name: "Create the server" }));
  await heading(page, "by-keys").waitFor();
  assert.equal(await named(cloud, page, "servers/info", "by-keys"), 1);
  await page.goto(`${cloud.stage.url}servers/create`);
  await page.getByRole("textbox", { name: "Name" }).fill("one-page");
  await page.getByRole("textbox", { name: "Size of the drive" }).fill("10M");
  await clickTwice(page.getByRole("button", { name: "Create the server" }));
  await heading(page, "one-page").waitFor();
  assert.equal(await named(cloud, page, "servers/info", "one-page"), 1);
});

test("who clicks twice makes one account, and credits it once", long, async (t) => {
  const cloud = await adminStage(t);
  await cloud.ask("pricing/set", { currency: "EUR", from: "now", "mem:burst": "0.00001" });
  const page = await cloud.stage.enter("cloud/accounts/create");
  await field(page, "Name").fill("Example Ltd");
  await clickTwice(page.getByRole("button", { name: "Create an account" }));
  await heading(page, "The account Example Ltd is made").waitFor();
  assert.equal(await named(cloud, page, "accounts/info", "Example Ltd"), 1);
  await page.goto(`${cloud.stage.url}cloud/accounts/${cloud.bob}?tab=money`);
  await field(page, "Amount").fill("50");
  await field(page, "Reference").fill("2027-0001");
  await clickTwice(page.getByRole("button", { name: "Credit" }));
  await page.getByText("50 EUR", { exact: true }).waitFor();
  await page.waitForLoadState("networkidle");
  assert.equal((await cloud.infoOf(cloud.bob)).balance, "50");
});

test("who clicks twice makes one VLAN", async (t) => {
  const cloud = await adminStage(t);
  const page = await cloud.stage.enter("vlans");
  await page.getByRole("button", { name: "Create a VLAN" }).click();
  const dialog = page.getByRole("dialog", { name: "Create a VLAN" });
  await dialog.getByRole("textbox", { name: "Name" }).fill("backend");
  await clickTwice(dialog.getByRole("button", { name: "Create a VLAN" }));
  await page.getByRole("cell", { name: "backend" }).first().waitFor();
  assert.equal(await named(cloud, page, "resources/info", "backend"), 1);
});
