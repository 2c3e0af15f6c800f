/**
 * Every page as it is seen: in light and dark, on a screen, where it is loaded anew, and on a phone, where a link leads to it. A page
 * is visited once for both colours; in the second one what colours alone can fail is looked at.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { shareOf } from "../../testing/share.ts";
import { makeDrive, makeServer } from "../../testing/state-objects.ts";
import { assertLooks, assertPages, limitOf, type Shown, type Size } from "./looked.ts";
import { fill, type Scene } from "./scene.ts";
import { openStage, SIZES, type Stage } from "./stage.ts";

/** Pages with their heading. */
const pagesOf = ({ server, stopped, drive }: Scene): readonly Shown[] => [
  ["", "Overview"],
  ["servers", "Servers"],
  ["servers?q=nothing-like-it", "Servers"],
  ["servers?view=cards&tag=production", "Servers"],
  ["servers/create", "Create a server"],
  ["servers/create?keys=all", "Create a server"],
  [`servers/${server}`, "web-frontend"],
  [`servers/${server}?tab=devices`, "web-frontend"],
  [`servers/${stopped}?tab=devices`, "batch-worker"],
  [`servers/${server}?tab=graphs`, "CPU"],
  [`servers/${server}?tab=graphs&range=day`, "CPU"],
  [`servers/${server}?tab=graphs&range=week&figures=true`, "web-frontend"],
  [`servers/${server}?tab=graphs&range=year`, "CPU"],
  [`servers/${stopped}?tab=graphs`, "No samples yet"],
  [`servers/${server}?tab=screen`, "web-frontend"],
  [`servers/${stopped}?tab=screen`, "batch-worker"],
  [`servers/${server}?tab=serial`, "web-frontend"],
  [`servers/${stopped}?tab=serial`, "batch-worker"],
  [`servers/${server}?tab=network`, "web-frontend"],
  [`servers/${server}?tab=configuration`, "web-frontend"],
  [`servers/${stopped}?tab=configuration`, "batch-worker"],
  ["servers/11111111-2222-4333-8444-555555555555", "It is not there"],
  ["drives", "Drives"],
  ["drives/create", "Create a drive"],
  ["drives/upload", "Upload an image"],
  ["drives/fetch", "A drive from a URL"],
  [`drives/${drive}`, "backup-of-the-database-in-november"],
  [`drives/${drive}?tab=configuration`, "backup-of-the-database-in-november"],
  [`drives/${drive}?tab=content`, "backup-of-the-database-in-november"],
  [`drives/${drive}?tab=sharing`, "backup-of-the-database-in-november"],
  ["images", "Images"],
  ["addresses", "Addresses"],
  ["vlans", "VLANs"],
  ["activity", "Activity"],
  ["activity?outcome=failed", "Activity"],
  [`servers/${server}?tab=activity`, "web-frontend"],
  [`drives/${drive}?tab=activity`, "backup-of-the-database-in-november"],
  ["account", "Account"],
  ["account?tab=limits", "Account"],
  ["account?tab=keys", "Account"],
  ["account?tab=sessions", "Account"],
  ["api", "API"],
  ["api?command=serversCreate", "servers/create"],
  ["api?command=driveWriteOffset", "drives/DRIVE/write/OFFSET"],
  ["nowhere", "There is no such page"],
];

const EMPTY: readonly Shown[] = [
  ["", "Welcome to Lodge"],
  ["servers", "No servers yet"],
  ["drives", "No drives yet"],
  ["images", "No images yet"],
  ["addresses", "No addresses yet"],
  ["vlans", "No VLANs yet"],
];

/** Where there is one of each. */
const ONE: readonly Shown[] = [
  ["", "Overview"],
  ["servers", "Servers"],
  ["servers?view=cards", "Servers"],
  ["drives", "Drives"],
];

async function makeOne({ cloud }: Stage): Promise<void> {
  await makeServer(cloud, { name: "web", persistent: true });
  await makeDrive(cloud, { name: "web-disk" });
}

async function assertSound({ url }: Stage, page: Page, pages: readonly Shown[], size: Size): Promise<void> {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // That there is no such thing is what two of the pages are about.
    if (message.type() === "error" && !/status of 404/.test(message.text())) complaints.push(message.text());
  });
  await assertPages(page, url, pages, size);
  assert.deepEqual(complaints, []);
}

const LIMIT = limitOf(60);

for (const size of Object.keys(SIZES) as Size[]) {
  test(`${size}: every page, in light and dark, meets WCAG 2.2 AA and fits its screen`, LIMIT, async (t) => {
    const stage = await openStage(t);
    const page = await stage.enter("", { size });
    const login = await stage.visit({ size });
    await login.goto(stage.url);
    await login.getByRole("button", { name: "Log in" }).waitFor();
    await assertLooks(login, "login", size);
    await login.context().close();
    await assertSound(stage, page, shareOf(EMPTY, 3), size);
    await makeOne(stage);
    await assertSound(stage, page, shareOf(ONE, 3), size);
    const scene = await fill(stage);
    await assertSound(stage, page, shareOf(pagesOf(scene), 6), size);
  });
}
