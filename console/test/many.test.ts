/** The pages of who has a thousand of everything, in light and dark, on a screen and on a phone; and what ten thousand servers take. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { shareOf } from "../../testing/share.ts";
import { adminStage } from "./cloud-stage.ts";
import { assertLooks, type Size } from "./looked.ts";
import { fillImages, fillLists, nameOf } from "./many.ts";
import { heapBytes, MOST_HEAP_BYTES } from "./measured.ts";
import { goWithin, openStage, SIZES } from "./stage.ts";

const MANY = 1_000;

const VERY_MANY = 10_000;

/** Pages, and what is on each once it has come. */
const PAGES: readonly (readonly [path: string, shown: string])[] = [
  ["servers", "server-0000"],
  ["drives", "drive-0000"],
  ["images", "image-0000"],
  ["addresses", "198.18.0.0"],
  ["vlans", "vlan-0000"],
  ["servers?view=cards", "server-0000"],
  ["servers/create", "Create the server"],
  ["activity", "Today"],
  ["cloud/accounts", "customer-0000"],
  ["cloud/images", "image-0000"],
  ["cloud/audit?show=all", "Read all accounts"],
  ["", "Overview"],
];

for (const size of Object.keys(SIZES) as Size[]) {
  test(`${size}: every page with a thousand of each, in light and dark, meets WCAG 2.2 AA and fits its screen`, async (t) => {
    const cloud = await adminStage(t);
    const { stage } = cloud;
    await fillLists(stage, MANY, MANY);
    await fillImages(stage, MANY);
    await cloud.fillTrail(MANY);
    const page = await stage.enter("", { size });
    for (const [path, shown] of shareOf(PAGES, PAGES.length)) {
      await goWithin(page, stage.url + path);
      await page.getByText(shown).filter({ visible: true }).first().waitFor();
      await assertLooks(page, `many-${path.replaceAll(/\W+/g, "-") || "overview"}`, size);
    }
  });
}

test("a list of ten thousand servers has those in sight alone on the page, and takes no more than 60 MiB", async (t) => {
  const stage = await openStage(t);
  await fillLists(stage, VERY_MANY, 1);
  const page = await stage.enter("servers");
  await page
    .getByRole("status")
    .filter({ hasText: String(VERY_MANY) })
    .waitFor();
  await page
    .getByRole("row")
    .filter({ hasText: nameOf("server", 5) })
    .waitFor();
  const rows = await page.getByRole("row").count();
  assert.ok(rows < 100, `${rows} rows`);
  const bytes = await heapBytes(page);
  assert.ok(bytes <= MOST_HEAP_BYTES, `${bytes} bytes`);
});
