/** Lists of those who have very many: each opens, is filtered and scrolled to its end, and has the rows alone that are on the screen. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { fillLists, nameOf } from "./many.ts";
import { goWithin, openStage } from "./stage.ts";

const MANY = 10_000;
const SEVERAL = 1_000;
/** More rows than this no screen of the tests has, with those beside it that are drawn ahead. */
const MOST_ROWS = 60;
/** More elements than this there are where a row has more in it than anybody sees. */
const MOST_ELEMENTS = 2_000;

type List = {
  readonly path: string;
  readonly label: string;
  readonly count: number;
  /** The first and the last as it is sorted, and one amid them that a filter finds alone. */
  readonly first: string;
  readonly last: string;
  readonly amid: string;
};

const LISTS: readonly List[] = [
  named("servers", "Servers", "server", MANY),
  named("drives", "Drives", "drive", MANY),
  {
    ...named("addresses", "Addresses", "address", SEVERAL),
    ...{ first: "198.18.0.0", last: "198.18.3.231" },
  },
  named("vlans", "VLANs", "vlan", SEVERAL),
  // Whose cloud it is has a name before all of theirs.
  { ...named("cloud/accounts", "Accounts", "customer", SEVERAL), count: SEVERAL + 1, first: "ann" },
];

/** One whose objects have names that their number ends. */
function named(path: string, label: string, noun: string, count: number): List {
  const nameAt = (made: number) => nameOf(noun, made);
  return { path, label, count, first: nameAt(0), last: nameAt(count - 1), amid: nameAt(count / 2) };
}

/** The list is all there, and only what of it is seen is on the page, at its begin, at its end and amid it. */
async function assertList(page: Page, { path, label, count, first, last, amid }: List): Promise<void> {
  const table = page.getByRole("table", { name: label, exact: true });
  const rows = table.getByRole("row");
  const shown = (name: string) => rows.filter({ hasText: name }).first().waitFor();
  await shown(first);
  assert.equal(await table.getAttribute("aria-rowcount"), String(count + 1), path);
  const elements = await page.getByRole("main").locator("*").count();
  assert.ok(elements < MOST_ELEMENTS, `${path} has ${elements} elements`);
  await page.keyboard.press("End");
  await shown(last);
  assert.ok((await rows.count()) < MOST_ROWS, `${path} has ${await rows.count()} rows at its end`);
  await page.keyboard.press("Home");
  await shown(first);
  assert.ok((await rows.count()) < MOST_ROWS, `${path} has ${await rows.count()} rows`);
  await page.getByRole("searchbox").fill(amid);
  await page
    .getByRole("status")
    .filter({ hasText: ` of ${count}` })
    .waitFor();
  await shown(amid);
  assert.equal(await rows.count(), 2, path);
  await page.waitForURL(`**/${path}?q=${amid}`);
}

test("of ten thousand servers and drives, and a thousand addresses, VLANs and accounts, all can be seen and found, and what is seen alone is there", async (t) => {
  const stage = await openStage(t);
  await fillLists(stage, MANY, SEVERAL);
  const page = await stage.enter();
  for (const list of LISTS) {
    await t.test(list.path, async () => {
      await goWithin(page, stage.url + list.path);
      await page.getByRole("heading", { level: 1, name: list.label, exact: true }).waitFor();
      await assertList(page, list);
    });
  }
});
