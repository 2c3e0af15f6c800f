/** A session that is over while something is filled in: the page waits behind the login for whoever it was of. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { createUser } from "../../src/accounts/users.ts";
import { long } from "../../testing/share.ts";
import { fill } from "./scene.ts";
import { openStage, type Stage } from "./stage.ts";

/** Ends all sessions of the stage's user, as their programs can. */
async function endSessions({ http, cloud }: Stage): Promise<void> {
  const headers = { authorization: http.authorizationOf(cloud.user), accept: "application/json" };
  const sessions = await fetch(`${http.url}profile/sessions/info`, { headers });
  for (const { session } of (await sessions.json()) as readonly { readonly session: string }[])
    await fetch(`${http.url}profile/sessions/${session}/destroy`, { method: "POST", headers });
}

const logIn = (page: Page) => page.getByRole("button", { name: "Log in" });

async function enterAs(page: Page, user: string, secret: string): Promise<void> {
  await page.getByRole("textbox", { name: "User" }).fill(user);
  await page.getByLabel("Secret API key").fill(secret);
  await logIn(page).click();
}

/** The stage's user and their key. */
function ownKey({ http, cloud }: Stage): readonly [user: string, secret: string] {
  const [, basic = ""] = http.authorizationOf(cloud.user).split(" ");
  const [user = "", secret = ""] = Buffer.from(basic, "base64").toString().split(":");
  return [user, secret];
}

const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });

test("a form is as it was filled in once the same user has logged in again", async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter();
  // It hears of it only as it asks.
  await page.route("**/profile/changes", () => {});
  await page.goto(`${stage.url}drives/create`);
  await field(page, "Name").fill("half-typed");
  await field(page, "Size").fill("20M");
  await endSessions(stage);
  await page.getByRole("button", { name: "Create the drive" }).click();
  await logIn(page).waitFor();
  assert.ok(!(await field(page, "Name").isVisible()));
  await enterAs(page, ...ownKey(stage));
  await field(page, "Name").waitFor();
  assert.equal(await logIn(page).count(), 0);
  assert.equal(await field(page, "Name").inputValue(), "half-typed");
  assert.equal(await field(page, "Size").inputValue(), "20M");
  await page.getByRole("button", { name: "Create the drive" }).click();
  await page.getByRole("heading", { level: 1, name: "half-typed" }).waitFor();
});

test("of the page of whose session is over another user finds nothing", async (t) => {
  const stage = await openStage(t);
  await fill(stage);
  const bob = await createUser(stage.cloud.daemon().store, "bob");
  const page = await stage.enter("drives/create");
  await field(page, "Name").fill("half-typed");
  await endSessions(stage);
  await logIn(page).waitFor();
  await enterAs(page, bob.uuid, bob.secret);
  await field(page, "Name").waitFor();
  assert.equal(await field(page, "Name").inputValue(), "");
  await page.getByRole("link", { name: "Drives", exact: true }).click();
  await page.getByRole("heading", { name: "No drives yet" }).waitFor();
  assert.ok(!(await page.content()).includes("half-typed"));
});

test("what is changed of a server, and a dialog, wait for whose session is over too", long, async (t) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  const page = await stage.enter(`servers/${server}?tab=configuration`);
  await field(page, "Name").fill("half-renamed");
  await endSessions(stage);
  await logIn(page).waitFor();
  await enterAs(page, ...ownKey(stage));
  await field(page, "Name").waitFor();
  assert.equal(await field(page, "Name").inputValue(), "half-renamed");
  await page.goto(`${stage.url}vlans`);
  await page.getByRole("button", { name: "Create a VLAN" }).click();
  const dialog = page.getByRole("dialog", { name: "Create a VLAN" });
  await dialog.getByRole("textbox", { name: "Name" }).fill("half-vlan");
  await endSessions(stage);
  await logIn(page).waitFor();
  await dialog.waitFor({ state: "hidden" });
  await enterAs(page, ...ownKey(stage));
  await dialog.waitFor();
  assert.equal(await dialog.getByRole("textbox", { name: "Name" }).inputValue(), "half-vlan");
});
