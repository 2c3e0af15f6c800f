/** What is refused is seen: what tells it is in the window and has the focus, and the keyboard goes on from there. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { long } from "../../testing/share.ts";
import { until } from "../../testing/until.ts";
import { PATIENCE_MS } from "./chromium.ts";
import { focused } from "./focus.ts";
import { fill } from "./scene.ts";
import { openStage, type SIZES, type Stage } from "./stage.ts";

type Size = keyof typeof SIZES;

/** What is wrong with a name: nothing that is typed shows it. */
const NO_NAME = "x\u0001";

const HEAD_PX = 56;

/** Of what has the focus: what it says, or is said of it, and from where to where that goes in the window. */
const FOCUSED = `(() => {
  const focused = document.activeElement;
  const ids = (focused.getAttribute("aria-describedby") ?? "").split(" ");
  const all = [focused, ...ids.map((id) => document.getElementById(id))].filter((each) => each !== null);
  const boxes = all.map((each) => each.getBoundingClientRect());
  return {
    said: all.map((each) => each.textContent).join(" "),
    top: Math.min(...boxes.map((box) => box.top)),
    bottom: Math.max(...boxes.map((box) => box.bottom)),
  };
})()`;

type Focused = { readonly said: string; readonly top: number; readonly bottom: number };

/** That what has the focus, a field or what tells a refusal, says this, and is within the window, below the page's head. */
async function seen(page: Page, said: RegExp): Promise<void> {
  const told = focused(page.getByRole("textbox").or(page.getByRole("alert")));
  const { top, bottom } = await until(
    `what has the focus says ${said}`,
    async () => {
      await told.waitFor();
      const focused = (await page.evaluate(FOCUSED)) as Focused;
      return said.test(focused.said) ? focused : null;
    },
    PATIENCE_MS,
  );
  const height = page.viewportSize()?.height ?? 0;
  assert.ok(top >= HEAD_PX && bottom <= height, `${said}: from ${top} to ${bottom}`);
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

const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
const create = (page: Page) => page.getByRole("button", { name: /^Create the (drive|server)$/ }).click();

async function refusals(stage: Stage, server: string, size: Size): Promise<void> {
  const page = await stage.enter("drives/create", { size });
  await field(page, "Name").fill("huge");
  await field(page, "Size").fill("900G");
  await create(page);
  await seen(page, /room|space/i);
  await goesOn(page);

  await page.goto(`${stage.url}servers/create`);
  await page.getByRole("textbox", { name: "Name" }).fill(NO_NAME);
  await create(page);
  await seen(page, /"name" is malformed/);
  await goesOn(page);

  await page.goto(`${stage.url}servers/create?keys=all`);
  await field(page, "name").fill("a");
  await field(page, "cpu").fill("99999999");
  await field(page, "mem").fill("256");
  await create(page);
  await seen(page, /cpu/i);
  await goesOn(page);

  await page.goto(`${stage.url}servers/${server}?tab=configuration`);
  await field(page, "Name").fill(NO_NAME);
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
  await field(page, "Name").fill("renamed");
  const answers: (() => Promise<void>)[] = [];
  await page.route(/\/set$/, (route) => {
    answers.push(() => route.continue());
  });
  const save = page.getByRole("button", { name: "Save" });
  await save.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Save", disabled: true }).waitFor();
  await focused(save).waitFor();
  for (const answer of answers) await answer();
  await page.getByText("Saved").waitFor();
  await focused(save).waitFor();
});
