/**
 * The console's story, with the real daemon and a real guest: the link that `npm start` shows, a standard image that the cloud builds,
 * an image that is uploaded by the browser, a server of it whose screen is seen and typed at and whose graphs move, and its end.
 * Nothing but the browser acts.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { guestPage } from "../../testing/guest/page.ts";
import { sampleImage } from "../../testing/guest/sample.ts";
import { onTerminal } from "../../testing/terminal.ts";
import { until } from "../../testing/until.ts";
import { launchChromium, PATIENCE_MS } from "./chromium.ts";

/** Capitals, and each symbol that a US keyboard has. */
const PASTED = "Lodge & Co. ABC xyz 0189 ~!@#$%^*()_+ {}|:\"<>? -=[]\\;',./ `";

/** A busy machine builds the sample system within this. */
const BUILD_MS = 120_000;

async function enter(cloud: Cloud, page: Page): Promise<void> {
  const [link = ""] = cloud.printed.flatMap((line) => /^The console is at (\S+)$/.exec(line)?.[1] ?? []);
  assert.match(link, /#code=/);
  await page.goto(link);
  await page.getByRole("heading", { name: "Welcome to Lodge" }).waitFor();
}

/** Where there is none yet, and nobody has a file to upload. */
async function build(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Images", exact: true }).click();
  await page.getByRole("button", { name: "Build the sample system" }).click();
  await page.getByRole("row").filter({ hasText: "Sample system" }).waitFor({ timeout: BUILD_MS });
}

async function upload(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Drives", exact: true }).click();
  await page.getByRole("link", { name: "Upload an image" }).first().click();
  await page.getByLabel("File", { exact: true }).setInputFiles(sampleImage());
  await page.getByRole("textbox", { name: "Name of the drive" }).fill("sample");
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await page.getByText("The image is uploaded").waitFor();
}

/** Answers the server's address. */
async function create(page: Page): Promise<string> {
  await page.getByRole("link", { name: "Create a server of it" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("first");
  await page.getByRole("textbox", { name: "Memory (MB)" }).fill("128");
  await page.getByRole("switch", { name: "Keep it when it ends" }).check();
  await page.getByRole("button", { name: "Create the server" }).click();
  await page.getByRole("heading", { level: 1, name: "first" }).waitFor();
  await page.getByRole("application", { name: "Screen" }).waitFor();
  await page.getByText("active", { exact: true }).waitFor();
  await page.getByRole("tab", { name: "Overview" }).click();
  const address = await page
    .getByText(/^\d+\.\d+\.\d+\.\d+$/)
    .first()
    .textContent();
  return address ?? assert.fail("it shows no address");
}

/** Of 1,000 points of the screen those that are light: words on a dark screen. */
const LIT = `(() => {
  const canvas = document.querySelector("canvas");
  if (canvas === null || canvas.width < 300) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let lit = 0;
  for (let at = 0; at < data.length; at += 4) if (data[at] > 120) lit++;
  return Math.round((lit * 4000) / data.length);
})()`;

/** Opens another tab with the server's graphs, in which they are left to themselves. */
async function openGraphs(page: Page): Promise<Page> {
  const { origin, pathname } = new URL(page.url());
  const graphs = await page.context().newPage();
  await graphs.goto(`${origin}${pathname}?tab=graphs`);
  await graphs.getByRole("radiogroup", { name: "Shown" }).waitFor();
  return graphs;
}

/** A minute is told once it is over, and graphs are read every half one. */
const MOVED_MS = 150_000;

/** Waits until they show that the guest worked, and that it sent something: they were read since it did. */
async function assertMoved(graphs: Page): Promise<void> {
  for (const name of [/^CPU\. Used: from \S+ \S+ to [1-9]/, /Sent: from \S+ \S+ to [1-9]/])
    await graphs.getByRole("img", { name }).waitFor({ timeout: Math.max(PATIENCE_MS, MOVED_MS) });
}

const answerOf = async (address: string, path: string) => {
  const answer = await fetch(`http://${address}/${path}`).catch(() => null);
  return answer?.ok === true ? answer.text() : null;
};

test("a newcomer has a server of their own by the browser alone: its screen is seen and typed at, its graphs move, and it is shut down and destroyed", async (t) => {
  const cloud = await openCloud({}, () => onTerminal("npm start"));
  t.after(() => cloud.close());
  const browser = await launchChromium();
  t.after(() => browser.close());
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  await enter(cloud, page);
  await build(page);
  await upload(page);
  const address = await create(page);
  const graphs = await openGraphs(page);

  await page.getByRole("tab", { name: "Screen" }).click();
  await page.getByRole("button", { name: "Send text", disabled: false }).waitFor();
  await guestPage(cloud, address);
  await until("the guest's words are on the screen", async () =>
    Number(await page.evaluate(LIT)) > 3 ? true : null,
  );

  const screen = page.getByRole("application", { name: "Screen" }).locator("canvas");
  await screen.click();
  await page.keyboard.press("Enter");
  await page.keyboard.type("touch /www/typed\n", { delay: 50 });
  await until("what was typed has come to pass", () => answerOf(address, "typed"));

  await page.getByRole("button", { name: "Send text" }).click();
  const dialog = page.getByRole("dialog", { name: "Send text as keys" });
  await dialog.getByRole("textbox", { name: "Text" }).fill(`cat > /www/pasted << 'End'\n${PASTED}\nEnd\n`);
  await dialog.getByRole("button", { name: "Send" }).click();
  await dialog.waitFor({ state: "detached" });
  const pasted = await until(
    "what was pasted has arrived",
    async () => (await answerOf(address, "pasted")) || null,
  );
  assert.equal(pasted, `${PASTED}\n`);
  const folder = process.env.LODGE_PICTURES;
  if (folder !== undefined) await page.screenshot({ path: `${folder}/story.jpg`, type: "jpeg", quality: 80 });

  await assertMoved(graphs);

  await page.getByRole("button", { name: "Shut down" }).click();
  await page.getByText("stopped", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Destroy" }).click();
  const destroying = page.getByRole("dialog", { name: "Destroy server first?" });
  await destroying.getByRole("textbox").fill("first");
  await destroying.getByRole("button", { name: "Destroy" }).click();
  await page.getByRole("heading", { name: "No servers yet" }).waitFor();
  assert.equal((await cloud.ask("servers/list")).text, "");
});
