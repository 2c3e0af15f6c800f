/** The overview: what needs somebody, what there is, and what was done last. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeDrive, makeServer } from "../../testing/state-objects.ts";
import { openStage } from "./stage.ts";

test("the servers made last are shown, the youngest first, and what was done last", async (t) => {
  const stage = await openStage(t);
  const { cloud } = stage;
  for (let made = 1; made <= 8; made++) await makeServer(cloud, { name: `server-${made}` }, false);
  const page = await stage.enter();
  const servers = page.getByRole("listitem").filter({ hasText: "stopped" });
  await servers.last().waitFor();
  const shown = await servers.getByRole("link").allTextContents();
  assert.deepEqual(
    shown,
    [8, 7, 6, 5, 4, 3].map((made) => `server-${made}`),
  );
  await page.getByRole("heading", { name: "Last activity" }).waitFor();
  await page.getByText("Logged in to the console").waitFor();
});

test("what needs somebody is told up to a number, and of more how many they are", async (t) => {
  const stage = await openStage(t);
  const { cloud } = stage;
  const { store } = cloud.daemon();
  for (let made = 1; made <= 10; made++) {
    const target = await makeDrive(cloud, { name: `drive-${made}` });
    const failed = { target, source: "", state: "failed", error: "the source is gone" } as const;
    await store.transaction((tx) => tx.insertInto("imagings").values(failed).execute());
  }
  const page = await stage.enter();
  const needs = page.getByRole("listitem").filter({ hasText: "could not be imaged" });
  await needs.nth(7).waitFor();
  assert.equal(await needs.count(), 8);
  await page.getByText("And 2 more.").waitFor();
});
