/** What is amiss with a page as it is seen, and a picture of it. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { type Look, violationsOn } from "./stage.ts";

/** Has the page meet WCAG 2.2 AA and fit its screen; keeps a picture where `LODGE_PICTURES` names a folder. */
export async function assertLooks(
  page: Page,
  name: string,
  { size = "wide", scheme = "light" }: Look,
): Promise<void> {
  await page.getByRole("status", { name: "Loading" }).first().waitFor({ state: "detached" });
  const beyond = await page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  const folder = process.env.LODGE_PICTURES;
  if (folder !== undefined)
    await page.screenshot({ path: `${folder}/${name}-${size}-${scheme}.png`, fullPage: true });
  assert.deepEqual([beyond, await violationsOn(page)], [0, []], `${name}, ${size}, ${scheme}`);
}

export const LOOKS: readonly Required<Look>[] = [
  { size: "wide", scheme: "light" },
  { size: "narrow", scheme: "light" },
  { size: "wide", scheme: "dark" },
  { size: "narrow", scheme: "dark" },
];
