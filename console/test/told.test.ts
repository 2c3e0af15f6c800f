/** How pages tell what there is little to tell of. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMANDS } from "../../src/commands.ts";
import { makeDrive } from "../../testing/state-objects.ts";
import { isRead, saidOf } from "../src/activity/events.ts";
import type { Event } from "../src/api/events.ts";
import { openStage } from "./stage.ts";

const EVENT: Event = {
  ...{ event: 1, time: 1, user: "", actor: "", command: "", outcome: "done" },
  object: "8a2f3f9e-51a8-4a3c-b3fd-2c1f2d5f9d10",
};

/** Commands that have an event in the trail. */
const RECORDED = COMMANDS.filter(({ effect, isAdmins }) => effect === "changes" || isAdmins === true);

test("there are words for whatever stands in an account's own activity", () => {
  assert.deepEqual(
    RECORDED.map(({ path }) => path).filter((command) => saidOf({ ...EVENT, command }) === undefined),
    [],
  );
});

test("what only reads is told apart, as the overview leaves it out", () => {
  assert.deepEqual(
    RECORDED.filter(({ path }) => isRead({ ...EVENT, command: path })).map(({ path }) => path),
    RECORDED.filter(({ effect }) => effect !== "changes").map(({ path }) => path),
  );
});

test("who looks at a screen is told apart from who looks no longer", () => {
  const of = { ...EVENT, command: "screen/TICKET" };
  assert.equal(saidOf({ ...of, outcome: "begun" }), "Opened the screen of server");
  assert.equal(saidOf({ ...of, outcome: "done" }), "Closed the screen of server");
});

test("an address and a VLAN are called so where it is told what was done, and a drive that nothing uses says so", async (t) => {
  const { cloud, url, enter } = await openStage(t);
  await makeDrive(cloud, { name: "spare" });
  const page = await enter("vlans");
  await page.getByRole("button", { name: "Create a VLAN" }).click();
  const dialog = page.getByRole("dialog", { name: "Create a VLAN" });
  await dialog.getByLabel("Name").fill("backend");
  await dialog.getByRole("button", { name: "Create a VLAN" }).click();
  await page.getByRole("cell", { name: "backend" }).waitFor();
  await page.goto(`${url}activity`);
  await page.getByRole("listitem").filter({ hasText: "Created VLAN backend" }).waitFor();
  await page.goto(`${url}drives`);
  const row = page.getByRole("row").filter({ hasText: "spare" });
  assert.equal(await row.getByRole("cell").last().textContent(), "—");
});

test("a unit that help says already is not told again, and how a size may be given is", async (t) => {
  const { url, enter } = await openStage(t);
  const page = await enter("cloud/accounts/create");
  await page
    .getByText("The most MB of memory of servers that run that it may have; without it there is no limit.", {
      exact: true,
    })
    .waitFor();
  await page.goto(`${url}drives/create`);
  await page.getByText("In bytes", { exact: false }).first().waitFor();
});

test("a form of one kind of keys has no heading for it, and one of several has", async (t) => {
  const { url, enter } = await openStage(t);
  const page = await enter("account");
  await page.getByRole("textbox", { name: "E-mail" }).waitFor();
  assert.equal(await page.getByRole("group", { name: "General" }).count(), 0);
  await page.goto(`${url}drives/create`);
  await page.getByRole("group", { name: "General" }).waitFor();
});
