/** A page that is open shows what becomes of objects elsewhere, and what was done. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { createUser } from "../../src/accounts/users.ts";
import { long } from "../../testing/share.ts";
import { fill } from "./scene.ts";
import { openStage, type Stage, violationsOn } from "./stage.ts";

/** Asks the API as a program does, beside the page. */
async function ask({ http, cloud }: Stage, path: string, as = cloud.user, acting?: string): Promise<void> {
  const headers = {
    authorization: http.authorizationOf(as),
    ...(acting === undefined ? {} : { "x-elastic-user": acting }),
  };
  const answer = await fetch(http.url + path, { method: "POST", headers });
  assert.ok(answer.ok, await answer.text());
}

/** Waits until the page follows changes; what it asks by itself from then on is far between. */
const follows = (page: Page) => page.waitForResponse((answer) => answer.url().endsWith("/profile/changes"));

test("a server that a program stops shows as stopped in an open page, and a new drive in an open list", async (t) => {
  const stage = await openStage(t);
  const { server, drive } = await fill(stage);
  const page = await stage.enter("");
  const following = follows(page);
  await page.goto(`${stage.url}servers/${server}`);
  assert.equal((await following).status(), 200);
  await page.getByText("active", { exact: true }).first().waitFor();
  await ask(stage, `servers/${server}/stop`);
  // Sooner than it asks by itself, in two minutes.
  await page.getByText("stopped", { exact: true }).first().waitFor({ timeout: 60_000 });
  const list = follows(page);
  await page.goto(`${stage.url}drives`);
  await list;
  await page.getByRole("link", { name: "backup-of-the-database-in-november" }).waitFor();
  await ask(stage, `drives/${drive}/destroy`);
  await page
    .getByRole("link", { name: "backup-of-the-database-in-november" })
    .waitFor({ state: "detached", timeout: 60_000 });
});

test("a page on which nothing is done says that the cloud is not reached any more, as soon as that is so", async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter("");
  const following = follows(page);
  await page.goto(`${stage.url}drives/create`);
  await following;
  // It asks by itself too, after a time that does not pass here.
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 1_000);
  await stage.http.close();
  await page.getByText("The cloud cannot be reached. This page goes on by itself").waitFor();
});

test("an open page of a server that is destroyed elsewhere says that it is not there", async (t) => {
  const stage = await openStage(t);
  const { stopped } = await fill(stage);
  const page = await stage.enter("");
  const following = follows(page);
  await page.goto(`${stage.url}servers/${stopped}`);
  await following;
  await page.getByRole("heading", { level: 1, name: "batch-worker" }).waitFor();
  await ask(stage, `servers/${stopped}/destroy`);
  await page.getByRole("heading", { level: 1, name: "It is not there" }).waitFor({ timeout: 60_000 });
});

test(
  "the activity says what was done, by whom and how it ended, and is filtered by what is in its address",
  long,
  async (t) => {
    const stage = await openStage(t);
    const { server, stopped, drive } = await fill(stage);
    const { store } = stage.cloud.daemon();
    const operator = await createUser(store, "operator");
    await store.transaction((tx) =>
      tx.updateTable("users").set({ role: "admin" }).where("uuid", "=", operator.uuid).execute(),
    );
    await ask(stage, `servers/${stopped}/start`, operator.uuid, stage.cloud.user);
    await ask(stage, `drives/${drive}/destroy`);
    const page = await stage.enter("activity");
    await page.getByRole("heading", { level: 1, name: "Activity" }).waitFor();
    const events = page.getByRole("listitem");
    const started = events.filter({ hasText: "Started server batch-worker" });
    await started.filter({ hasText: `An admin acted in your place (${operator.uuid})` }).waitFor();
    await events.filter({ hasText: "Created drive web-frontend-disk" }).first().waitFor();
    assert.match(
      (await events.filter({ hasText: `Destroyed drive ${drive}` }).textContent()) ?? "",
      /You.*from 127\.0\.0\.1/,
    );
    await page.getByRole("searchbox").fill("started");
    await page.waitForURL(/q=started/);
    await started.waitFor();
    assert.equal(await events.count(), 1);
    // What is gone is found by what was done to it.
    await page.goto(`${stage.url}activity?q=destroyed`);
    await page.getByRole("link", { name: drive }).click();
    await page.waitForURL((url) => url.search === `?object=${drive}`);
    await page.getByText(`Only what was done to ${drive}`).waitFor();
    await events.filter({ hasText: "Created drive" }).waitFor();
    assert.equal(await events.count(), 2);
    await page.getByRole("link", { name: "Show all objects" }).click();
    await page.getByRole("combobox", { name: "How it ended" }).selectOption("Failed only");
    await page.getByText("Nothing matches.").waitFor();
    assert.deepEqual(await violationsOn(page), []);
    await page.getByRole("link", { name: "Show everything" }).click();
    await started.waitFor();
    await page.goto(`${stage.url}servers/${server}?tab=activity`);
    await events.filter({ hasText: "Created server" }).waitFor();
    assert.equal(await events.count(), 1);
    await page.getByRole("link", { name: "Filter it on the activity page" }).click();
    await page.getByText("Only what was done to web-frontend").waitFor();
  },
);

test(
  "of a long past the latest is shown, and what came before is read when it is asked for",
  long,
  async (t) => {
    const stage = await openStage(t);
    const { cloud } = stage;
    const key = "";
    await cloud.daemon().store.transaction(async (tx) => {
      for (let written = 0; written < 1_150; written++) {
        const event = { user: cloud.user, actor: cloud.user, key, address: "192.0.2.7", outcome: "done" };
        const failed = written === 3 ? { outcome: "host_full" } : {};
        await tx
          .insertInto("events")
          .values({
            ...event,
            ...failed,
            time: 1_790_000_000 + written * 60,
            command: "servers/create",
            object: `number-${written}`,
          })
          .execute();
      }
      // What was begun and came to nothing is two events, and told as one.
      for (const outcome of ["begun", "host_full"]) {
        const event = { user: cloud.user, actor: cloud.user, key, address: "192.0.2.7", outcome };
        const start = { time: 1_790_100_000, command: "servers/SERVER/start", object: "number-x" };
        await tx
          .insertInto("events")
          .values({ ...event, ...start })
          .execute();
      }
    });
    const page = await stage.enter("activity?q=number-");
    const events = page.getByRole("listitem");
    await events.filter({ hasText: "number-1149" }).waitFor();
    assert.equal(await events.count(), 100);
    const start = events.filter({ hasText: "Started server" });
    assert.match((await start.textContent()) ?? "", /failed: host full$/);
    const earlier = page.getByRole("button", { name: "Show earlier" });
    for (let pressed = 0; pressed < 11; pressed++) await earlier.click();
    await events.filter({ hasText: "number-3" }).last().waitFor();
    await events.filter({ hasText: "Created server number-3" }).getByText("failed: host full").waitFor();
    assert.equal(await earlier.count(), 0);
  },
);

test("a hidden tab follows nothing, and one that is seen again reads all anew", async (t) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  const page = await stage.enter("");
  const following = follows(page);
  await page.goto(`${stage.url}servers/${server}`);
  await following;
  await page.getByText("active", { exact: true }).first().waitFor();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const see = (isHidden: boolean) =>
    page.evaluate(`
      Object.defineProperty(document, "hidden", { configurable: true, get: () => ${isHidden} });
      Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "${isHidden ? "hidden" : "visible"}" });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    `);
  await see(true);
  await ask(stage, `servers/${server}/stop`);
  assert.deepEqual(asked, []);
  const again = follows(page);
  await see(false);
  await again;
  await page.getByText("stopped", { exact: true }).first().waitFor({ timeout: 60_000 });
});
