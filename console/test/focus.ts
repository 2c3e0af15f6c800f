/** Where the keyboard and the mouse are in a page. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";

/** So many steps lead through any page that is reached by the keyboard. */
const FARTHEST = 60;

/** What is found there and has the focus. */
export const focused = (target: Locator): Locator => target.and(target.page().locator(":focus"));

/** Goes there by Tab, once it is there. Errors: the keyboard does not reach it. */
export async function reach(target: Locator): Promise<void> {
  await target.waitFor();
  for (let step = 0; step < FARTHEST; step++) {
    if ((await focused(target).count()) === 1) return;
    await target.page().keyboard.press("Tab");
  }
  assert.fail("the keyboard does not reach it");
}

/** Takes the mouse off whatever it is on, and waits until what that tells is gone. */
export async function takeMouseOff(page: Page): Promise<void> {
  await page.mouse.move(0, 0);
  await page.getByRole("tooltip").waitFor({ state: "detached" });
}
