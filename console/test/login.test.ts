/** The way into the console, and out of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { makeSessionCode } from "../../src/accounts/session-code.ts";
import { createUser } from "../../src/accounts/users.ts";
import { FAR } from "./chromium.ts";
import { openStage, violationsOn } from "./stage.ts";

const overview = (page: Page) => page.getByRole("heading", { level: 1, name: "Overview" });
const logIn = (page: Page) => page.getByRole("button", { name: "Log in" });

test("a link with a code leads in once, and the code is not in the address any more", async (t) => {
  const stage = await openStage(t);
  const link = await stage.link();
  const page = await stage.visit();
  await page.goto(link);
  await overview(page).waitFor();
  assert.equal(page.url(), stage.url);
  const another = await stage.visit();
  await another.goto(link);
  await another.getByRole("alert").getByText("The code was used, or is over: ask for another").waitFor();
  assert.equal(another.url(), stage.url);
});

test("a link that is opened where somebody else is in logs in whose it is, and leaves no code in the address", async (t) => {
  const stage = await openStage(t);
  const { store } = stage.cloud.daemon();
  const bob = await createUser(store, "bob");
  const link = async () => `${stage.url}#code=${await makeSessionCode(store, bob.uuid)}`;
  const page = await stage.enter("drives");
  // The page is there already: a browser changes its address alone.
  const pasted = await link();
  await page.evaluate(`location.hash = ${JSON.stringify(new URL(pasted).hash)}`);
  await page.getByRole("banner").getByText("bob", { exact: true }).waitFor();
  assert.equal(page.url(), `${stage.url}drives`);
  const other = await stage.enter();
  await other.goto("about:blank");
  await other.goto(await link());
  await other.getByRole("banner").getByText("bob", { exact: true }).waitFor();
  assert.equal(other.url(), stage.url);
  await other.goto("about:blank");
  await other.goto(pasted);
  await other.getByRole("alert").getByText("The link did not log in").waitFor();
  await other.getByRole("banner").getByText("bob", { exact: true }).waitFor();
});

test("a page that came in clear from another machine says what the console needs, and asks for nothing", async (t) => {
  const stage = await openStage(t);
  const page = await stage.visit();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const url = new URL(await stage.link());
  url.hostname = FAR;
  await page.goto(String(url));
  await page.getByRole("heading", { level: 1, name: "The console needs TLS" }).waitFor();
  await page.getByText(`ssh -L ${url.port}:127.0.0.1:${url.port} ${FAR}`).waitFor();
  assert.ok(asked.length > 0 && asked.every((path) => path.startsWith("/console/")), String(asked));
  assert.deepEqual(await violationsOn(page), []);
});

test("a key leads in at the address that was asked for; a wrong one is refused in the API's words", async (t) => {
  const stage = await openStage(t);
  const bob = await createUser(stage.cloud.daemon().store, "bob");
  const page = await stage.visit();
  await page.goto(`${stage.url}drives/create`);
  await page.getByRole("textbox", { name: "User" }).fill(bob.uuid);
  await page.getByLabel("Secret API key").fill("wrong");
  await logIn(page).click();
  await page.getByRole("alert").getByText("No user has this UUID with this secret API key").waitFor();
  await page.getByLabel("Secret API key").fill(bob.secret);
  await logIn(page).click();
  await page.getByRole("heading", { name: "Create a drive" }).waitFor();
  const kept = await page.evaluate(
    "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])",
  );
  assert.ok(!String(kept).includes(bob.secret), "the page keeps no key");
});

test("whoever logs out is out, and their session is over", async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter();
  const cookies = await page.context().cookies();
  await page.getByRole("button", { name: "Log out" }).click();
  await logIn(page).waitFor();
  const [cookie] = cookies;
  const answer = await fetch(`${stage.http.url}profile/info`, {
    headers: { cookie: `${cookie?.name}=${cookie?.value}`, "sec-fetch-site": "same-origin" },
  });
  assert.equal(answer.status, 401);
});

test("a session that is ended elsewhere leads back to the way in", async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter();
  const other = await stage.enter("account?tab=sessions");
  await other.getByRole("button", { name: "End" }).click();
  await other.getByText("The session is ended").waitFor();
  await logIn(page).waitFor();
});

test("what was asked before the link was followed may be refused long after: whoever is in stays in", async (t) => {
  const stage = await openStage(t);
  const page = await stage.visit();
  const late: (() => Promise<void>)[] = [];
  const refused = Promise.withResolvers<void>();
  await page.route(/\/(servers\/info|drives\/info\/full)$/, async (route) => {
    if (late.length === 2) return route.continue();
    const answer = await route.fetch();
    assert.equal(answer.status(), 401);
    // What nobody waits for any more cannot be answered.
    late.push(() => route.fulfill({ response: answer }).catch(() => {}));
    if (late.length === 2) refused.resolve();
  });
  await page.route(/\/session$/, async (route) => {
    await refused.promise;
    await route.continue();
  });
  await page.goto(await stage.link());
  await page.getByRole("heading", { name: "Welcome to Lodge" }).waitFor();
  assert.equal(late.length, 2);
  for (const answer of late) await answer();
  await page.getByRole("link", { name: "Account" }).click();
  await page.getByRole("heading", { level: 1, name: "Account" }).waitFor();
  assert.equal(await logIn(page).count(), 0);
});

test("a browser without a network reaches the cloud of its own machine", async (t) => {
  const stage = await openStage(t);
  const page = await stage.visit();
  await page.addInitScript('setInterval(() => dispatchEvent(new Event("offline")), 1)');
  await page.goto(await stage.link());
  await overview(page).waitFor();
  await page.getByRole("link", { name: "VLANs" }).click();
  await page.getByRole("button", { name: "Create a VLAN" }).click();
  const dialog = page.getByRole("dialog", { name: "Create a VLAN" });
  await dialog.getByRole("textbox", { name: "Name" }).fill("backend");
  await dialog.getByRole("button", { name: "Create a VLAN" }).click();
  await page.getByRole("cell", { name: "backend" }).waitFor();
});
