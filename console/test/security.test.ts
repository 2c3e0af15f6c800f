/** What pages of other origins, other users and stolen cookies come to, in a browser that keeps its own rules beside ours. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { makeSessionCode } from "../../src/accounts/session-code.ts";
import { createUser } from "../../src/accounts/users.ts";
import { fill } from "./scene.ts";
import { openStage, type Stage } from "./stage.ts";

/** A page of another origin, and of the same site: another port of the same address, to which the browser sends the cookie. */
async function strangersPage(t: TestContext, html: string): Promise<string> {
  const server = createServer((_, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end(`<!doctype html><title>stranger</title>${html}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function statusOf({ cloud, http }: Stage, server: string): Promise<string> {
  const headers = { authorization: http.authorizationOf(cloud.user), accept: "application/json" };
  const answer = await fetch(`${http.url}servers/${server}/info`, { headers });
  return ((await answer.json()) as { status: string }).status;
}

test("a page of another origin changes nothing and reads nothing with the session of whoever looks at it", async (t) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  const page = await stage.enter();
  await page.goto(
    await strangersPage(
      t,
      `<form method="post" enctype="text/plain" action="${stage.http.url}servers/${server}/stop"><button>Win</button></form>`,
    ),
  );
  const asked = await page.evaluate(`(async () => {
    const ask = (path, more) => fetch(${JSON.stringify(stage.http.url)} + path, { credentials: "include", ...more })
      .then((answer) => answer.text() || "answered", () => "refused");
    const json = { "content-type": "application/json" };
    return Promise.all([
      ask("profile/info"),
      ask("servers/${server}/stop", { method: "POST", headers: json, body: "{}" }),
      ask("servers/${server}/stop", { method: "POST", mode: "no-cors" }),
      ask("servers/${server}/screen", { method: "POST", headers: json, body: "{}" }),
    ]);
  })()`);
  // What is not read for want of CORS may have been answered: what it did is what counts.
  assert.deepEqual((asked as string[]).slice(0, 2), ["refused", "refused"]);
  // A page cannot read it, but tells by its length or its kind what it was.
  const embedded = page.waitForResponse(/servers\/info$/);
  await page.evaluate(`fetch("${stage.http.url}servers/info", { credentials: "include", mode: "no-cors" })`);
  assert.equal((await embedded).status(), 401);
  const answered = page.waitForResponse(/stop$/);
  await page.getByRole("button", { name: "Win" }).click();
  assert.equal((await answered).status(), 401);
  assert.equal(await statusOf(stage, server), "active");
});

test("a page of another origin has no screen, even with a ticket that is good", async (t) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  const page = await stage.enter();
  const { ticket } = (await page.evaluate(`fetch("/servers/${server}/screen", {
    method: "POST", headers: { accept: "application/json", "content-type": "application/json" }, body: "{}",
  }).then((answer) => answer.json())`)) as { ticket: string };
  const opens = (url: string) =>
    page.evaluate(`new Promise((resolve) => {
      const socket = new WebSocket("${url}screen/${ticket}", ["binary"]);
      socket.onopen = () => resolve(true);
      socket.onerror = () => resolve(false);
    })`);
  const url = stage.http.url.replace(/^http/, "ws");
  await page.goto(await strangersPage(t, ""));
  assert.equal(await opens(url), false);
});

test("the console is framed by nobody", async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter();
  await page.goto(await strangersPage(t, `<iframe title="trap" src="${stage.url}"></iframe>`));
  const frame = page.frames().find((each) => each !== page.mainFrame()) ?? assert.fail();
  await frame.waitForLoadState();
  assert.equal(await frame.getByRole("heading").count(), 0);
});

test("a cookie that is nobody's shows the way in, and one that was stolen is good no longer than its session", async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter();
  const [cookie] = await page.context().cookies();
  assert.ok(cookie);
  const made = await stage.visit();
  await made.context().addCookies([{ ...cookie, value: `${cookie.value.slice(0, 36)}.${"A".repeat(43)}` }]);
  await made.goto(stage.url);
  await logIn(made).waitFor();
  const thief = await stage.visit();
  await thief.context().addCookies([cookie]);
  await thief.goto(stage.url);
  await thief.getByRole("heading", { level: 1 }).waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await logIn(page).waitFor();
  await thief.goto(`${stage.url}drives`);
  await logIn(thief).waitFor();
});

const logIn = (page: Page) => page.getByRole("button", { name: "Log in" });

test("another user's server, screen and drive are not there", async (t) => {
  const stage = await openStage(t);
  const { server, drive } = await fill(stage);
  const { store } = stage.cloud.daemon();
  const { uuid } = await createUser(store, "bob");
  const page = await stage.visit();
  await page.goto(`${stage.url}#code=${await makeSessionCode(store, uuid)}`);
  await page.getByRole("heading", { name: "Welcome to Lodge" }).waitFor();
  for (const path of [`servers/${server}`, `servers/${server}?tab=screen`, `drives/${drive}`]) {
    await page.goto(stage.url + path);
    await page.getByRole("heading", { name: "It is not there" }).waitFor();
  }
});

const SCRIPT = `"><img src=x onerror="window.broken=1"><script>window.broken=1</script>{{7*7}}`;

test("what users call things is shown as they wrote it, and is never run", async (t) => {
  const stage = await openStage(t);
  const { server, drive } = await fill(stage);
  const page = await stage.enter();
  const set = (path: string, values: object) =>
    page.evaluate(`fetch("/${path}/set", {
      method: "POST", headers: { "content-type": "application/json" }, body: ${JSON.stringify(JSON.stringify(values))},
    }).then(({ status }) => status)`);
  const hostile = { name: SCRIPT, tags: "<svg/onload=window.broken=1>", "user:note": SCRIPT };
  assert.equal(await set(`servers/${server}`, hostile), 200);
  assert.equal(await set(`drives/${drive}`, hostile), 200);
  assert.equal(await set("profile", { name: SCRIPT }), 200);
  const pages = [
    ...["", "servers", `servers/${server}`, `servers/${server}?tab=configuration`, "drives"],
    ...[`drives/${drive}`, `drives/${drive}?tab=configuration`, "account"],
  ];
  for (const path of pages) {
    await page.goto(stage.url + path);
    await page
      .getByText("<script>window.broken=1</script>")
      .or(page.locator(`input[value*="<script>"]`))
      .first()
      .waitFor();
    await page.getByRole("status", { name: "Loading" }).first().waitFor({ state: "detached" });
    assert.equal(await page.evaluate("window.broken"), undefined, path);
  }
});
