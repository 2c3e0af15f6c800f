/** Uploading in the browser: what is on the drive is what is in the file, whatever broke off meanwhile. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { makeSessionCode } from "../../src/accounts/session-code.ts";
import { createUser } from "../../src/accounts/users.ts";
import { long } from "../../testing/share.ts";
import { until } from "../../testing/until.ts";
import { openStage, type Stage } from "./stage.ts";

const PIECE = 4 * 1024 * 1024;

/** A file of some pieces, of which the second is zeroes, and the last is no whole one. */
async function imageFile(t: TestContext, pieces: number) {
  const folder = await mkdtemp(join(tmpdir(), "lodge-upload-"));
  t.after(() => rm(folder, { recursive: true }));
  const bytes = randomBytes(pieces * PIECE + 12_345);
  bytes.fill(0, PIECE, 2 * PIECE);
  const file = join(folder, "disk.img");
  await writeFile(file, bytes);
  await utimes(file, 1_700_000_000, 1_700_000_000);
  return { file, bytes };
}

/** The offsets of the writes that the page asks for, and which of them come to nothing. */
async function watchWrites(page: Page, isCut: (offset: number, nth: number) => boolean = () => false) {
  const offsets: number[] = [];
  await page.route("**/write/*", (route) => {
    const offset = Number(route.request().url().split("/").at(-1));
    offsets.push(offset);
    return isCut(offset, offsets.length) ? route.abort() : route.continue();
  });
  return offsets;
}

async function begin(page: Page, file: string): Promise<void> {
  await page.getByLabel("File", { exact: true }).setInputFiles(file);
  await page.getByRole("button", { name: /^(Upload|Go on with the upload)$/ }).click();
}

/** What is on that drive, or on the only one there is. */
async function onDrive({ cloud, http }: Stage, uuid?: string): Promise<Buffer> {
  const headers = { authorization: http.authorizationOf(cloud.user), accept: "application/json" };
  const drives = (await (await fetch(`${http.url}drives/info`, { headers })).json()) as {
    drive: string;
    size: number;
  }[];
  const drive = drives.find((each) => uuid === undefined || each.drive === uuid);
  assert.ok(drive);
  const chunks: Buffer[] = [];
  for (let offset = 0; offset < drive.size; offset += PIECE) {
    const size = Math.min(PIECE, drive.size - offset);
    const answer = await fetch(`${http.url}drives/${drive.drive}/read/${offset}/${size}`, { headers });
    chunks.push(Buffer.from(await answer.arrayBuffer()));
  }
  return Buffer.concat(chunks);
}

test("an image arrives byte for byte, without its zeroes, and a piece that breaks off is sent again", async (t) => {
  const stage = await openStage(t);
  const { file, bytes } = await imageFile(t, 3);
  const page = await stage.enter("drives/upload");
  const offsets = await watchWrites(page, (offset, nth) => offset === 0 && nth <= 2);
  await begin(page, file);
  await page.getByText("The image is uploaded").waitFor();
  await page.getByText(/4 MiB of zeroes skipped/).waitFor();
  assert.ok((await onDrive(stage)).equals(bytes));
  assert.ok(!offsets.includes(PIECE));
  assert.ok(offsets.filter((offset) => offset === 0).length > 1);
});

test("an upload goes on after a reload from where it was, onto the same drive", async (t) => {
  const stage = await openStage(t);
  const { file, bytes } = await imageFile(t, 4);
  const page = await stage.enter("drives/upload");
  const first = await watchWrites(page, (offset) => offset >= 3 * PIECE);
  await begin(page, file);
  await page.getByText(/trying again/).waitFor();
  page.on("dialog", (dialog) => void dialog.accept());
  await page.reload();
  await page.unroute("**/write/*");
  await page.getByText("An upload of disk.img was interrupted.").waitFor();
  const second = await watchWrites(page);
  await begin(page, file);
  await page.getByText("The image is uploaded").waitFor();
  assert.ok(first.includes(0));
  assert.deepEqual([...second].sort(), [3 * PIECE, 4 * PIECE]);
  assert.ok((await onDrive(stage)).equals(bytes));
});

/** Has an upload be interrupted by a reload before its last whole piece, when all before that have arrived. */
async function interrupt(page: Page, file: string): Promise<void> {
  await watchWrites(page, (offset) => offset >= 3 * PIECE);
  await begin(page, file);
  await page.getByText(/trying again/).waitFor();
  await until("all but the last have arrived", async () =>
    String(await page.evaluate("Object.values(localStorage).join()")).includes('"pieces":3') ? true : null,
  );
  page.once("dialog", (dialog) => void dialog.accept());
  await page.reload();
  await page.unroute("**/write/*");
}

/** As whoever the link is of, instead of whoever is. */
async function logIn(page: Page, link: string): Promise<void> {
  await page.context().clearCookies();
  await page.goto("about:blank");
  await page.goto(link);
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
}

/** The file is uploaded from its first byte on, and is on the drive that is shown then. */
async function assertAnew(stage: Stage, page: Page, file: string, bytes: Buffer): Promise<void> {
  const offsets = await watchWrites(page);
  await begin(page, file);
  await page.getByText("The image is uploaded").waitFor();
  assert.ok(offsets.includes(0));
  const shown = await page.getByRole("link", { name: "Show the drive" }).getAttribute("href");
  assert.ok((await onDrive(stage, shown?.split("/").at(-1))).equals(bytes));
}

test("an upload whose session ends elsewhere says so once somebody is in again, and goes on", async (t) => {
  const stage = await openStage(t);
  const { file, bytes } = await imageFile(t, 3);
  const page = await stage.enter("drives/upload");
  let isOver = false;
  await page.route("**/write/*", async (route) => {
    if (!isOver) await page.context().clearCookies();
    isOver = true;
    await route.continue();
  });
  await begin(page, file);
  await page.getByRole("textbox", { name: "User" }).fill(stage.cloud.user);
  await page.getByLabel("Secret API key").fill("secret");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").getByText("You were logged out: log in, and try it again.").waitFor();
  await begin(page, file);
  await page.getByText("The image is uploaded").waitFor();
  assert.ok((await onDrive(stage)).equals(bytes));
});

test("a file that was changed since is uploaded anew, not onto half of what it was", async (t) => {
  const stage = await openStage(t);
  const { file, bytes } = await imageFile(t, 4);
  const page = await stage.enter("drives/upload");
  await interrupt(page, file);
  // The last piece that arrived is as it was: by that alone the files are the same.
  bytes.fill(1, 0, 4096);
  await writeFile(file, bytes);
  await utimes(file, 1_700_000_060, 1_700_000_060);
  await assertAnew(stage, page, file, bytes);
});

test("onto a drive that was written by others since, an upload does not go on: it is uploaded anew", async (t) => {
  const stage = await openStage(t);
  const { file, bytes } = await imageFile(t, 4);
  const page = await stage.enter("drives/upload");
  await interrupt(page, file);
  const [first] = stage.cloud.machine.drives.values();
  // In the last piece that arrived, by which it is told whether the drive is still as it was left.
  first?.bytes.fill(1, 2 * PIECE, 2 * PIECE + 4096);
  await assertAnew(stage, page, file, bytes);
});

test("who logs in after somebody is told nothing of their upload, which they can go on with", async (t) => {
  const stage = await openStage(t);
  const { file } = await imageFile(t, 4);
  const { store } = stage.cloud.daemon();
  const { uuid } = await createUser(store, "bob");
  const page = await stage.enter("drives/upload");
  const interrupted = page.getByText("An upload of disk.img was interrupted.");
  await interrupt(page, file);
  await interrupted.waitFor();
  await logIn(page, `${stage.url}#code=${await makeSessionCode(store, uuid)}`);
  await page.goto(`${stage.url}drives/upload`);
  await page.getByLabel("File", { exact: true }).waitFor({ state: "attached" });
  assert.equal(await interrupted.count(), 0);
  await interrupt(page, file);
  await page.getByRole("button", { name: "Forget it" }).click();
  await logIn(page, await stage.link());
  await page.goto(`${stage.url}drives/upload`);
  await interrupted.waitFor();
});

test("no drive is made of an empty file, nor where what answers is no API", async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter("drives/upload");
  const field = page.getByLabel("File", { exact: true });
  await field.setInputFiles({ name: "empty.img", mimeType: "", buffer: Buffer.alloc(0) });
  await page.getByText("The file is empty.").waitFor();
  assert.ok(await page.getByRole("button", { name: "Upload", exact: true }).isDisabled());
  const body = "<!doctype html><title>Log in to the network</title>";
  await page.route("**/drives/create", (route) =>
    route.fulfill({ status: 200, contentType: "text/html; charset=utf-8", body }),
  );
  await field.setInputFiles({ name: "some.img", mimeType: "", buffer: Buffer.from("some") });
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await page.getByRole("alert").getByText("What answered is not this cloud's API").waitFor();
});

test(
  "an upload that is cancelled sends nothing more, and goes on once the file is chosen again",
  long,
  async (t) => {
    const stage = await openStage(t);
    const { file, bytes } = await imageFile(t, 4);
    const page = await stage.enter("drives/upload");
    await watchWrites(page, (offset) => offset >= 3 * PIECE);
    await begin(page, file);
    await page.getByText(/trying again/).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page
      .getByRole("status")
      .getByText(/^The upload was cancelled\./)
      .waitFor();
    await page.unroute("**/write/*");
    // Tries of the one that was cancelled would be among them.
    const second = await watchWrites(page);
    await begin(page, file);
    await page.getByText("The image is uploaded").waitFor();
    assert.deepEqual([...second].sort(), [3 * PIECE, 4 * PIECE]);
    assert.ok((await onDrive(stage)).equals(bytes));
  },
);

test(
  "an upload goes on while other pages are looked at, and whoever closes its tab is asked first",
  long,
  async (t) => {
    const stage = await openStage(t);
    const { file, bytes } = await imageFile(t, 3);
    const page = await stage.enter("drives/upload");
    await watchWrites(page, () => true);
    await begin(page, file);
    await page.getByText(/trying again/).waitFor();
    const asked = page.waitForEvent("dialog");
    await page.close({ runBeforeUnload: true });
    const dialog = await asked;
    assert.equal(dialog.type(), "beforeunload");
    await dialog.dismiss();
    await page.getByRole("link", { name: "Servers", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Servers" }).waitFor();
    const last = page.waitForResponse(
      (answer) => answer.url().endsWith(`/write/${3 * PIECE}`) && answer.ok(),
    );
    await page.unroute("**/write/*");
    await last;
    await page.getByRole("link", { name: "Drives", exact: true }).click();
    await page.getByRole("link", { name: "Upload an image" }).click();
    await page.getByText("The image is uploaded").waitFor();
    assert.ok((await onDrive(stage)).equals(bytes));
  },
);
