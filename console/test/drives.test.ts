/** What is done with drives in the browser: out of a URL, shared, kept as a file, uploaded over a slow line, and many of them. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { copyRows } from "../../testing/copied-rows.ts";
import { long } from "../../testing/share.ts";
import { openSourceServer, sendContent } from "../../testing/source-server.ts";
import { takeMouseOff } from "./focus.ts";
import { openStage, type Stage, violationsOn } from "./stage.ts";

const MIB = 2 ** 20;
const EVERYBODY = "ffffffff-ffff-ffff-ffff-ffffffffffff";

type Answered = Readonly<Record<string, string | number | undefined>>;

/** Asks the API, as the cloud's user. */
async function ask<T>({ cloud, http }: Stage, path: string, values?: object): Promise<T> {
  const answer = await fetch(http.url + path, {
    method: values === undefined ? "GET" : "POST",
    headers: {
      ...{ authorization: http.authorizationOf(cloud.user), accept: "application/json" },
      "content-type": "application/json",
    },
    ...(values === undefined ? {} : { body: JSON.stringify(values) }),
  });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return (await answer.json()) as T;
}

const drivesOf = (stage: Stage) => ask<readonly Answered[]>(stage, "drives/info");

const makeDrive = async (stage: Stage, name: string, size: string) =>
  String((await ask<Answered>(stage, "drives/create", { name, size })).drive);

const heldBy = ({ cloud }: Stage, drive: string) => cloud.machine.drives.get(drive)?.bytes ?? assert.fail();

async function fillForm(page: Page, url: string, { size = "2M", sha256 = "" } = {}): Promise<void> {
  await page.getByRole("textbox", { name: "URL" }).fill(url);
  await page.getByLabel("SHA-256").fill(sha256);
  await page.getByLabel("Size").fill(size);
}

test(
  "a drive is made out of a URL: it is named after it, how far it is and what is left is shown, and then it is whole",
  long,
  async (t) => {
    const stage = await openStage(t);
    const source = await openSourceServer(t);
    const content = randomBytes(MIB);
    let goOn = () => {};
    source.answer = (_, response) => {
      response.writeHead(200, { "content-length": MIB }).write(content.subarray(0, MIB / 2));
      goOn = () => void response.end(content.subarray(MIB / 2));
    };
    const page = await stage.enter("drives");
    await page.getByRole("link", { name: "From a URL" }).click();
    await page.getByRole("heading", { name: "A drive from a URL" }).waitFor();
    const sha256 = createHash("sha256").update(content).digest("hex");
    await fillForm(page, `${source.url}images/debian-12.img?token=1`, { sha256 });
    assert.equal(await page.getByLabel("Name of the drive").inputValue(), "debian-12");
    await page.getByRole("button", { name: "Create and fetch" }).click();
    await page.getByRole("heading", { level: 1, name: "debian-12" }).waitFor();
    await page.getByText("50% done").waitFor();
    assert.deepEqual(await violationsOn(page), []);
    goOn();
    await page.getByRole("region", { name: "Imaging" }).waitFor({ state: "detached" });
    const [drive] = await drivesOf(stage);
    assert.equal(drive?.["imaging:error"], undefined);
    assert.ok(heldBy(stage, String(drive?.drive)).subarray(0, MIB).equals(content));
  },
);

test("what has a name of blanks goes by its uuid", async (t) => {
  const stage = await openStage(t);
  const drive = await makeDrive(stage, "  \u00a0 ", "1M");
  const page = await stage.enter("drives");
  await page.getByRole("link", { name: drive, exact: true }).click();
  await page.getByRole("heading", { level: 1, name: drive, exact: true }).waitFor();
  assert.deepEqual(await violationsOn(page), []);
});

test("a URL that is refused is told at its field, and no drive is left of it", long, async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter("drives/fetch");
  await fillForm(page, "ftp://example.com/image");
  await page.getByRole("button", { name: "Create and fetch" }).click();
  await page.getByText(/^Url takes a URL of http or https/).waitFor();
  assert.equal(await page.getByRole("textbox", { name: "URL" }).getAttribute("aria-invalid"), "true");
  await page.getByRole("textbox", { name: "URL" }).fill("https://example.com/image");
  await page.getByLabel("SHA-256").fill("abc");
  await page.getByRole("button", { name: "Create and fetch" }).click();
  await page.getByText(/^Sha256 takes a SHA-256/).waitFor();
  assert.deepEqual(await drivesOf(stage), []);
});

test(
  "where the operator has not allowed it both forms say so before anything is typed, and nothing can be",
  long,
  async (t) => {
    const stage = await openStage(t, { fetches: false });
    const drive = await makeDrive(stage, "data", "1M");
    const page = await stage.enter("drives/fetch");
    for (const submit of ["Create and fetch", "Fetch"]) {
      await page.getByText("This cloud fetches nothing from URLs").first().waitFor();
      assert.ok(await page.getByRole("textbox", { name: "URL" }).isDisabled());
      const button = page.getByRole("button", { name: submit, exact: true });
      assert.equal(await button.getAttribute("aria-disabled"), "true");
      assert.deepEqual(await violationsOn(page), []);
      await page.goto(`${stage.url}drives/${drive}?tab=content`);
    }
  },
);

test(
  "what could not be fetched is told on the overview and on the drive's page, and it is fetched again from there",
  long,
  async (t) => {
    const stage = await openStage(t);
    const source = await openSourceServer(t);
    const drive = await makeDrive(stage, "data", "1M");
    const page = await stage.enter(`drives/${drive}?tab=content`);
    const panel = page.getByRole("region", { name: "Fetch onto this drive" });
    await panel.getByLabel("URL").fill(`${source.url}gone`);
    await panel.getByRole("button", { name: "Fetch", exact: true }).click();
    await page.getByRole("tab", { name: "Overview" }).click();
    await page.getByText(/answers 404$/).waitFor();
    await page.getByRole("link", { name: "Overview", exact: true }).click();
    const needs = page.getByRole("region", { name: "What needs you" });
    await needs.getByText(/could not be imaged: .*answers 404$/).waitFor();
    await needs.getByRole("link", { name: "data" }).click();
    await page.getByRole("heading", { level: 1, name: "data" }).waitFor();
    const content = randomBytes(MIB);
    source.answer = (request, response) => sendContent(request, response, content);
    await page.getByRole("tab", { name: "Content" }).click();
    await panel.getByLabel("URL").fill(source.url);
    await panel.getByRole("button", { name: "Fetch", exact: true }).click();
    await page.getByRole("tab", { name: "Overview" }).click();
    await page.getByText(/answers 404$/).waitFor({ state: "detached" });
    assert.ok(heldBy(stage, drive).equals(content));
  },
);

test("a drive is kept as a file of its name, byte for byte", async (t) => {
  const stage = await openStage(t);
  const drive = await makeDrive(stage, "backup of May", "9M");
  randomBytes(9 * MIB).copy(heldBy(stage, drive));
  const page = await stage.enter(`drives/${drive}?tab=content`);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Download" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "backup of May.img");
  assert.ok((await readFile(await download.path())).equals(heldBy(stage, drive)));
});

test("a drive is shared with a user and with everybody, and no longer", long, async (t) => {
  const stage = await openStage(t);
  const drive = await makeDrive(stage, "data", "1M");
  const bob = "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20";
  const readers = async () => (await ask<Answered>(stage, `drives/${drive}/info`)).readers;
  const page = await stage.enter(`drives/${drive}?tab=sharing`);
  await page.getByText("Nobody but you").waitFor();
  await page.getByLabel("User").fill("bob");
  await page.getByRole("button", { name: "Let them read it" }).click();
  await page.getByText(/^Readers takes at most 100 uuids/).waitFor();
  await page.getByLabel("User").fill(bob);
  await page.getByRole("button", { name: "Let them read it" }).click();
  await page.getByRole("button", { name: `Remove ${bob}` }).waitFor();
  assert.equal(await readers(), bob);
  await page.getByRole("button", { name: "Let everybody read it" }).click();
  await page.getByRole("button", { name: "Remove Everybody" }).waitFor();
  assert.equal(await readers(), `${bob} ${EVERYBODY}`);
  await takeMouseOff(page);
  assert.deepEqual(await violationsOn(page), []);
  await page.getByRole("button", { name: `Remove ${bob}` }).click();
  await page.getByRole("button", { name: `Remove ${bob}` }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Remove Everybody" }).click();
  await page.getByText("Nobody but you").waitFor();
  assert.equal(await readers(), undefined);
});

const PIECE = 4 * MIB;

/** Uploads a file that packs well over a line that takes so long for a MiB; answers which of its pieces came gzipped. */
async function uploaded(t: TestContext, msOfMib: number) {
  const stage = await openStage(t);
  const folder = await mkdtemp(join(tmpdir(), "lodge-upload-"));
  t.after(() => rm(folder, { recursive: true }));
  const bytes = Buffer.alloc(10 * PIECE, "Lodge never loses a byte. ");
  await writeFile(join(folder, "disk.img"), bytes);
  const page = await stage.enter("drives/upload");
  const codings: (string | undefined)[] = [];
  await page.route("**/write/*", async (route) => {
    const request = route.request();
    codings.push((await request.allHeaders())["content-encoding"]);
    const sizeBytes = request.postDataBuffer()?.length ?? 0;
    await new Promise((resolve) => setTimeout(resolve, (sizeBytes / MIB) * msOfMib));
    await route.continue();
  });
  await page.getByLabel("File", { exact: true }).setInputFiles(join(folder, "disk.img"));
  await page.getByRole("button", { name: "Upload" }).click();
  await page.getByText("The image is uploaded").waitFor();
  const [drive] = await drivesOf(stage);
  assert.ok(heldBy(stage, String(drive?.drive)).equals(bytes));
  return { page, codings };
}

test(
  "an upload over a slow line is gzipped from its fourth piece on at the soonest, and arrives byte for byte",
  long,
  async (t) => {
    const { page, codings } = await uploaded(t, 1_000);
    assert.deepEqual(codings.slice(0, 3), [undefined, undefined, undefined]);
    assert.equal(codings.at(-1), "gzip");
    await page.getByText(/MiB saved by packing/).waitFor();
  },
);

test("a list of 1,000 drives is read once as it opens, and has the rows alone that are on the screen", async (t) => {
  const stage = await openStage(t);
  const { store } = stage.cloud.daemon();
  const first = await makeDrive(stage, "drive-0", "4096");
  await copyRows(store, "drives", first, 999, (made) => `drive-${made + 1}`);
  const page = await stage.enter();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`${stage.url}drives`);
  await page
    .getByRole("status")
    .filter({ hasText: /1,?000/ })
    .waitFor();
  assert.ok((await page.getByRole("row").count()) < 60);
  for (const path of ["/drives/info/full", "/servers/info"])
    assert.equal(asked.filter((each) => each === path).length, 1, path);
  asked.length = 0;
  await page.getByRole("link", { name: "drive-0", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "drive-0" }).waitFor();
  assert.ok(!asked.includes("/drives/info/full"), "of one drive all are not read");
});
