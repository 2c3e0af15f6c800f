/** Words that somebody wrote turn nothing around of what stands beside them (U+202E), nor do names of another direction. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { adminStage } from "./cloud-stage.ts";
import { goWithin } from "./stage.ts";

const TURNING = "\u202egnp.exe";

/** Texts on the page that turn something around, and are in a row with other texts rather than apart from them. */
const AMID_OTHERS = `(() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const amid = [];
  while (texts.nextNode()) {
    const text = texts.currentNode;
    const before = text.data.split("\\u202e")[0];
    if (before === text.data || before.includes("\\u2068")) continue;
    let at = text.parentElement;
    const isApart = () => {
      const { display, unicodeBidi } = getComputedStyle(at);
      return display !== "inline" || /isolate|plaintext/.test(unicodeBidi);
    };
    while (!isApart()) at = at.parentElement;
    // What is in a line of its own may begin with words of ours, but none follow it.
    if (!at.textContent.endsWith(text.data)) amid.push(at.textContent);
  }
  return amid;
})()`;

async function assertApart(page: Page, where: string): Promise<void> {
  await page.getByText(TURNING).first().waitFor({ state: "attached" });
  assert.deepEqual(await page.evaluate(AMID_OTHERS), [], where);
}

test("a reason and names that turn around what follows do so to themselves alone", async (t) => {
  const { stage, bob, ask } = await adminStage(t);
  const name = `web ${TURNING}`;
  const drive = String((await ask("drives/create", { name, size: "4M" }, bob)).drive);
  const made = { name, cpu: 500, mem: 256, "block:0": drive, boot: "block:0", tags: TURNING };
  const server = String((await ask("servers/create/stopped", made, bob)).server);
  await ask("resources/vlan/create", { name }, bob);
  await ask(`accounts/${bob}/set`, { name });
  await ask(`accounts/${bob}/suspend`, { reason: `unpaid ${TURNING}` });
  const page = await stage.enter(`cloud/accounts/${bob}?dialog=suspend`);
  const go = async (path: string, heading: string) => {
    await goWithin(page, stage.url + path);
    await page.getByRole("heading", { name: heading, exact: true }).waitFor();
    await assertApart(page, path);
  };
  await assertApart(page, "suspending");
  await go(`cloud/accounts/${bob}?dialog=close`, `Close ${name} for good?`);
  await go("cloud/accounts", "Accounts");
  await go("cloud/audit", "Audit");
  await page.evaluate(`sessionStorage.setItem("lodge.acting", ${JSON.stringify(bob)})`);
  await page.goto(stage.url);
  const reason = page.getByRole("status").locator("bdi").filter({ hasText: TURNING });
  await reason.waitFor();
  assert.equal(await reason.textContent(), `unpaid ${TURNING}`);
  await assertApart(page, "the overview");
  await go("servers", "Servers");
  await go("drives", "Drives");
  await go(`drives/${drive}`, name);
  await go("vlans", "VLANs");
  await go("activity", "Activity");
  await page.getByRole("link", { name }).first().waitFor();
  await go(`activity?object=${server}`, "Activity");
  await page.getByText("Only what was done to").waitFor();
  await assertApart(page, "the activity of one");
  await goWithin(page, `${stage.url}servers/${server}`);
  await page.getByRole("button", { name: "Destroy" }).click();
  await page.getByRole("dialog", { name: /^Destroy server web .*\?$/ }).waitFor();
  await assertApart(page, "destroying");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("web");
  await page.getByRole("option").first().waitFor();
  await assertApart(page, "the palette");
});
