/** Uploading in the browser: what is on the drive is what is in the file, whatever broke off meanwhile. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { long } from "../../testing/share.ts";
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

/** What is on the only drive there is. */
async function onDrive({ cloud, http }: Stage): Promise<Buffer> {
  const headers = { authorization: http.authorizationOf(cloud.user), accept: "application/json" };
  const [drive] = (await (await fetch(`${http.url}drives/info`, { headers })).json()) as {
    drive: string;
    size: number;
  }[];
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
