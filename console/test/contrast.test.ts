/** What is no text and has to be seen stands out from what is behind it, in light and in dark (WCAG 2.2, 1.4.11). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { adminStage } from "./cloud-stage.ts";
import { fill } from "./scene.ts";
import { goWithin } from "./stage.ts";

/** Of the first element that a selector finds. */
type Colour = readonly [selector: string, property: string];

const GROUND: Colour = ["body", "backgroundColor"];

async function styleOf(page: Page, [selector, property]: Colour): Promise<string> {
  const at = page.locator(selector).first();
  await at.waitFor({ state: "attached" });
  return String(
    await page.evaluate(`getComputedStyle(document.querySelector(${JSON.stringify(selector)})).${property}`),
  );
}

/** Of the lighter to the darker, as WCAG 2.2 has it. */
async function contrastOf(page: Page, one: Colour, other: Colour): Promise<number> {
  const lights = await Promise.all([one, other].map(async (colour) => lightOf(await styleOf(page, colour))));
  return (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
}

function lightOf(colour: string): number {
  const [red, green, blue] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

test("rings, lines of tabs and meters stand out, and fields that are disabled are told from others", async (t) => {
  const { stage, user, ask } = await adminStage(t);
  const { server } = await fill(stage);
  await ask(`accounts/${user}/set`, { "limit:mem": "16384", "limit:servers": "3" });
  const page = await stage.enter("drives/create");
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
    const stands = async (what: string, one: Colour, other: Colour, least = 3) => {
      const contrast = await contrastOf(page, one, other);
      assert.ok(contrast >= least, `${colorScheme}, ${what}: ${contrast.toFixed(2)} : 1`);
    };
    await goWithin(page, `${stage.url}drives/create`);
    await page.getByRole("textbox", { name: "Name" }).first().focus();
    await stands("ring on its field", ["input:focus", "borderTopColor"], ["input:focus", "backgroundColor"]);
    await stands("ring on its panel", ["input:focus", "borderTopColor"], ["main section", "backgroundColor"]);

    await goWithin(page, `${stage.url}servers/${server}?tab=network`);
    const tab = "[role=tab][aria-selected=true]";
    await stands("tab", [tab, "borderBottomColor"], GROUND);
    const [field, other] = ["main section input:disabled", "main section input:enabled"];
    await stands("disabled", [field, "color"], [field, "backgroundColor"], 4.5);
    assert.notEqual(
      await styleOf(page, [field, "backgroundColor"]),
      await styleOf(page, [other, "backgroundColor"]),
    );
    const looks = ["borderBottomColor", "borderBottomWidth", "color", "fontSize", "fontWeight"];
    const looksOf = (selector: string) => Promise.all(looks.map((look) => styleOf(page, [selector, look])));
    const tabLooks = await looksOf(tab);

    await goWithin(page, `${stage.url}account?tab=limits`);
    const meter = "[role=progressbar]";
    await stands("meter", [meter, "backgroundColor"], [`:has(> ${meter})`, "backgroundColor"]);
    await stands(
      "meter of what is nearly used up",
      [`${meter}[aria-label=Servers]`, "backgroundColor"],
      [`:has(> ${meter})`, "backgroundColor"],
    );

    await goWithin(page, `${stage.url}cloud`);
    assert.deepEqual(await looksOf("main nav [aria-current]"), tabLooks, "parts look as tabs do");
  }
});
