/** The admin's pages: accounts, acting as one, and the trail of who did what. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { createUser } from "../../src/accounts/users.ts";
import { long } from "../../testing/share.ts";
import { adminStage, type CloudStage } from "./cloud-stage.ts";

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const acting = (page: Page) => page.getByRole("region", { name: "You act as" });

/** Opens the page of an account. */
async function openAccount({ stage }: CloudStage, user: string, search = ""): Promise<Page> {
  return stage.enter(`cloud/accounts/${user}${search}`);
}

test("an admin makes an account, whose secret is shown once and opens it", async (t) => {
  const { stage } = await adminStage(t);
  const page = await stage.enter("cloud/accounts");
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Example Ltd");
  await page.getByRole("textbox", { name: "Memory" }).fill("a lot");
  await button(page, "Create an account").click();
  await page.getByText("Limit:mem takes a number from 0").waitFor();
  await page.getByRole("textbox", { name: "Memory" }).fill("2048");
  await button(page, "Create an account").click();
  await heading(page, "The account Example Ltd is made").waitFor();
  const shell = (await page.getByLabel("For a shell").textContent()) ?? "";
  const [, user = "", secret = ""] = /EHAUTH=(\S{36}):(\S+)/.exec(shell) ?? [];
  const authorization = `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`;
  const answer = await fetch(`${stage.http.url}profile/info`, {
    headers: { authorization, accept: "application/json" },
  });
  assert.equal(((await answer.json()) as Record<string, unknown>)["limit:mem"], 2048);
  await button(page, "To the account").click();
  await heading(page, "Example Ltd").waitFor();
  await page.goBack();
  await heading(page, "Create an account").waitFor();
  assert.ok(!(await page.content()).includes(secret), "the secret is shown no more");
});

test("limits are set, and one that is emptied is taken away", long, async (t) => {
  const cloud = await adminStage(t);
  const page = await openAccount(cloud, cloud.bob, "?tab=settings");
  await page.getByRole("textbox", { name: "Memory" }).fill("512");
  await button(page, "Save").click();
  await page.getByText("Saved").waitFor();
  assert.equal((await cloud.infoOf(cloud.bob))["limit:mem"], 512);
  await page.getByRole("textbox", { name: "Memory" }).fill("");
  await button(page, "Save").click();
  await page.getByText("Nothing is changed yet.").waitFor();
  assert.equal((await cloud.infoOf(cloud.bob))["limit:mem"], undefined);
});

test("an account is suspended for a reason and resumed", long, async (t) => {
  const cloud = await adminStage(t);
  const page = await openAccount(cloud, cloud.bob);
  await page.getByText("active", { exact: true }).waitFor();
  await button(page, "Suspend").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Reason" }).fill("the invoice of November");
  await dialog.getByRole("button", { name: "Suspend" }).click();
  await page.getByText("the invoice of November", { exact: true }).waitFor();
  assert.equal((await cloud.infoOf(cloud.bob)).status, "suspended");
  assert.equal(await button(page, "Suspend").getAttribute("aria-disabled"), "true");
  await button(page, "Resume").click();
  await page.getByText("active", { exact: true }).waitFor();
  assert.equal((await cloud.infoOf(cloud.bob)).status, "active");
});

test(
  "an account that has something is closed with everything alone, once its name is typed",
  long,
  async (t) => {
    const cloud = await adminStage(t);
    await cloud.ask("drives/create", { name: "disk", size: "1M" }, cloud.bob);
    const page = await openAccount(cloud, cloud.bob, "?dialog=close");
    const dialog = page.getByRole("dialog");
    await dialog.getByText("It has 1 drive.").waitFor();
    assert.ok(await dialog.getByRole("button", { name: "Close the account" }).isDisabled());
    await dialog.getByRole("textbox", { name: "Type bob to close it" }).fill("bob");
    await dialog.getByRole("button", { name: "Close the account" }).click();
    await dialog.getByRole("alert").getByText(/has/).waitFor();
    await dialog.getByRole("switch", { name: "Stop and destroy all that it has" }).click();
    await dialog.getByRole("button", { name: "Close the account" }).click();
    await page.getByText("closed", { exact: true }).waitFor();
    assert.equal((await cloud.infoOf(cloud.bob)).status, "closed");
    assert.equal(await button(page, "Act as").getAttribute("aria-disabled"), "true");
  },
);

test("who acts as an account sees and does what is its, on each page of that tab alone, until they stop", async (t) => {
  const cloud = await adminStage(t);
  await cloud.ask("drives/create", { name: "of-bob", size: "1M" }, cloud.bob);
  await cloud.ask("drives/create", { name: "of-ann", size: "1M" });
  const page = await openAccount(cloud, cloud.bob);
  const context = page.context();
  await button(page, "Act as").click();
  await acting(page).getByText("bob").waitFor();
  await page.getByRole("link", { name: "Drives", exact: true }).click();
  await page.getByRole("link", { name: "of-bob" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "of-ann" }).count(), 0);
  assert.equal(await page.getByRole("link", { name: "Cloud", exact: true }).count(), 0);
  await acting(page).getByText("bob").waitFor();
  await page.goto(`${cloud.stage.url}vlans`);
  await button(page, "Create a VLAN").click();
  await page.getByRole("dialog").getByRole("button", { name: "Create a VLAN" }).click();
  await page.getByText("The VLAN is made").waitFor();
  await cloud.ask(`accounts/${cloud.bob}/set`, { "limit:mem": 256 });
  await page.goto(`${cloud.stage.url}servers/create`);
  await page.getByRole("textbox", { name: "Name" }).fill("large");
  await button(page, "Create the server").click();
  const refusal = page.getByRole("alert").filter({ hasText: "The server was not created" });
  await refusal.waitFor();
  const { y: barTop = 0, height: barHeight = 0 } = (await acting(page).boundingBox()) ?? {};
  const { y: top = 0 } = (await refusal.boundingBox()) ?? {};
  assert.ok(top >= barTop + barHeight, "no refusal is below what says who is acted as");
  const other = await context.newPage();
  await other.goto(`${cloud.stage.url}drives`);
  await other.getByRole("link", { name: "of-ann" }).waitFor();
  assert.equal(await acting(other).count(), 0);
  await acting(page).getByRole("button", { name: "Stop acting" }).click();
  await heading(page, "bob").waitFor();
  assert.equal(await acting(page).count(), 0);
  assert.equal((await cloud.infoOf(cloud.bob))["used:vlan"], 1);
  await page.getByRole("tab", { name: "Events" }).click();
  const row = page.getByRole("row").filter({ hasText: "Created VLAN" });
  await row.getByRole("link", { name: "ann" }).waitFor();
});

test("the screen of a server is shown to who acts as its account", long, async (t) => {
  const cloud = await adminStage(t);
  const made = await cloud.ask(
    "servers/create",
    { name: "web", cpu: 500, mem: 256, persistent: "true" },
    cloud.bob,
  );
  const page = await openAccount(cloud, cloud.bob);
  await button(page, "Act as").click();
  await acting(page).waitFor();
  await page.goto(`${cloud.stage.url}servers/${made.server}?tab=screen`);
  await page.getByRole("button", { name: "Ctrl-Alt-Del" }).waitFor();
  await page.getByRole("application").locator("canvas").waitFor({ state: "attached" });
});

test("whoever logs in after somebody acted is themselves", long, async (t) => {
  const cloud = await adminStage(t);
  const carol = await createUser(cloud.stage.cloud.daemon().store, "carol");
  const page = await openAccount(cloud, cloud.bob);
  await button(page, "Act as").click();
  await acting(page).waitFor();
  await button(page, "Log out").click();
  await page.getByRole("textbox", { name: "User" }).fill(carol.uuid);
  await page.getByLabel("Secret API key").fill(carol.secret);
  await button(page, "Log in").click();
  await page.getByRole("banner").getByText("carol").waitFor();
  assert.equal(await acting(page).count(), 0);
});

test("an account that is closed while somebody acts as it leaves them a way out", long, async (t) => {
  const cloud = await adminStage(t);
  const page = await openAccount(cloud, cloud.bob);
  await button(page, "Act as").click();
  await acting(page).waitFor();
  await cloud.ask(`accounts/${cloud.bob}/close`);
  await page.reload();
  await page.getByRole("alert").waitFor();
  await button(page, "Stop acting").click();
  await heading(page, "bob").waitFor();
});

test("a user who is no admin has no page of the cloud, nor a link to one", async (t) => {
  const cloud = await adminStage(t);
  await cloud.ask(`accounts/${cloud.bob}/set`, { role: "admin" });
  await cloud.ask(`accounts/${cloud.user}/set`, { role: "user" }, undefined, cloud.bob);
  const page = await cloud.stage.enter();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  assert.equal(await page.getByRole("link", { name: "Cloud", exact: true }).count(), 0);
  for (const path of [
    "cloud",
    "cloud/accounts",
    "cloud/accounts/create",
    `cloud/accounts/${cloud.bob}`,
    "cloud/audit",
  ]) {
    await page.goto(cloud.stage.url + path);
    await heading(page, "There is no such page").waitFor();
  }
  assert.deepEqual(
    asked.filter((path) => /^\/(accounts|events)/.test(path)),
    [],
  );
});

test(
  "the trail tells who did what, a thousand events at a time, and what was changed alone",
  long,
  async (t) => {
    const cloud = await adminStage(t);
    await cloud.ask("resources/vlan/create", { name: "backend" }, cloud.bob);
    await cloud.fillTrail(1500);
    const page = await cloud.stage.enter("cloud/audit");
    await page.getByText("Logged in to the console").first().waitFor();
    assert.equal(await page.getByText("Read all accounts").count(), 0);
    await page.getByText("Reads, too").click();
    await page.getByRole("status").filter({ hasText: "1000" }).waitFor();
    await button(page, "Older").click();
    await page.getByRole("searchbox").fill("resources/TYPE/create");
    const row = page.getByRole("row").filter({ hasText: "Created VLAN" });
    await row.getByRole("link", { name: "bob" }).waitFor();
    await page.getByRole("searchbox").fill("accounts/info");
    await page.getByText("Read all accounts").first().waitFor();
    assert.match(page.url(), /from=1\b.*show=all|show=all.*from=1\b/);
    await page.getByText("Changes", { exact: true }).click();
    await page.getByText("Nothing matches the filter.").waitFor();
  },
);

test("what cannot be read says so, and is read once it can be", long, async (t) => {
  const { stage } = await adminStage(t);
  const page = await stage.enter();
  let isRefused = true;
  await page.route("**/accounts/info", (route) =>
    isRefused ? route.fulfill({ status: 500, body: "it could not be read" }) : route.continue(),
  );
  await page.goto(`${stage.url}cloud/accounts`);
  await page.getByRole("alert").getByText("It could not be read").waitFor();
  isRefused = false;
  await button(page, "Try again").click();
  await page.getByRole("link", { name: "bob" }).waitFor();
});
