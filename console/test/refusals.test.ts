/** What is refused is seen: what tells it is in the window and has the focus, and the keyboard goes on from there. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { long } from "../../testing/share.ts";
import { fill } from "./scene.ts";
import { openStage, type SIZES, type Stage } from "./stage.ts";

type Size = keyof typeof SIZES;

/** What is wrong with a name: nothing that is typed shows it. */
const NO_NAME = "x\u0001";

const HEAD_PX = 56;

/** That what has the focus, a field or what tells a refusal, says this, and is within the window, below the page's head. */
async function seen(page: Page, said: RegExp): Promise<void> {
  await page
    .locator(".mantine-InputWrapper-error, main [role=alert]")
    .filter({ hasText: said })
    .first()
    .waitFor();
  const where = page.locator(".mantine-InputWrapper-root:has(:focus), [role=alert]:focus");
  await where.filter({ hasText: said }).waitFor();
  const box = await where.boundingBox();
  const height = page.viewportSize()?.height ?? 0;
  assert.ok(
    box !== null && box.y >= HEAD_PX && box.y + box.height <= height,
    `${said}: ${JSON.stringify(box)}`,
  );
}

/** What is looked at of an element; the tests know no DOM. */
type Placed = {
  readonly ownerDocument: { readonly activeElement: { closest(selector: string): unknown } | null };
  compareDocumentPosition(other: unknown): number;
};

/** Tab goes on from there, to what comes next within the form. */
async function goesOn(page: Page): Promise<void> {
  const before = await page.evaluateHandle<Placed>("document.activeElement");
  await page.keyboard.press("Tab");
  // 4: it follows (DOM: compareDocumentPosition).
  const goes = (element: Placed) => {
    const now = element.ownerDocument.activeElement;
    return now?.closest("main form") != null && (element.compareDocumentPosition(now) & 4) !== 0;
  };
  assert.ok(await before.evaluate(goes), "Tab goes on within the form");
}

const field = (page: Page, key: string) => page.locator(`main [name="${key}"]`);
const submit = (page: Page) => page.locator("main form button[type=submit]").first().click();

async function refusals(stage: Stage, server: string, size: Size): Promise<void> {
  const page = await stage.enter("drives/create", { size });
  await field(page, "name").fill("huge");
  await field(page, "size").fill("900G");
  await submit(page);
  await seen(page, /room|space/i);
  await goesOn(page);

  await page.goto(`${stage.url}servers/create`);
  await page.getByRole("textbox", { name: "Name" }).fill(NO_NAME);
  await submit(page);
  await seen(page, /"name" is malformed/);
  await goesOn(page);

  await page.goto(`${stage.url}servers/create?keys=all`);
  await field(page, "name").fill("a");
  await field(page, "cpu").fill("99999999");
  await field(page, "mem").fill("256");
  await submit(page);
  await seen(page, /cpu/i);
  await goesOn(page);

  await page.goto(`${stage.url}servers/${server}?tab=configuration`);
  await field(page, "name").fill(NO_NAME);
  await page.getByRole("button", { name: "Save" }).click();
  await seen(page, /"name" is malformed/);
  await goesOn(page);
}

const shown = (size: Size) => async (t: TestContext) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  await refusals(stage, server, size);
};

test("what is refused of a long form is in the window and has the focus", shown("wide"));

test("what is refused of a long form is in the window of a phone and has the focus", long, shown("narrow"));

test("a button that is pressed keeps the focus while what it does goes on, and after", async (t) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  const page = await stage.enter(`servers/${server}?tab=configuration`);
  await field(page, "name").fill("renamed");
  const answers: (() => Promise<void>)[] = [];
  await page.route(/\/set$/, (route) => {
    answers.push(() => route.continue());
  });
  const save = page.getByRole("button", { name: "Save" });
  await save.focus();
  await page.keyboard.press("Enter");
  await page.locator("button[aria-disabled=true]", { hasText: "Save" }).waitFor();
  await save.and(page.locator(":focus")).waitFor();
  for (const answer of answers) await answer();
  await page.getByText("Saved").waitFor();
  await save.and(page.locator(":focus")).waitFor();
});
