/** Graphs of a server: of which time is in the address, and the same figures are there as a table. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { long } from "../../testing/share.ts";
import { fill } from "./scene.ts";
import { openStage, violationsOn } from "./stage.ts";

test("a server's graphs are drawn of the range that is in the address, and each says what it shows", async (t) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  const page = await stage.enter(`servers/${server}`);
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/samples/")) asked.push(request.url());
  });
  await page.getByRole("tab", { name: "Graphs" }).click();
  for (const name of ["CPU", "Memory", "Network", "Drives", "Drive requests"])
    await page.getByRole("region", { name, exact: true }).getByRole("img", { name }).waitFor();
  const cpu = page.getByRole("img", { name: /^CPU\. Used: from [\d.]+ [MG]Hz to [\d.]+ [MG]Hz/ });
  await cpu.waitFor();
  assert.match((await cpu.getAttribute("aria-label")) ?? "", /Given: from 2 GHz to 2 GHz, 2 GHz at the end/);
  // Something is drawn: not all of its points are of one colour.
  const isDrawn = `(() => {
    const { width, height } = document.querySelector("canvas");
    const { data } = document.querySelector("canvas").getContext("2d").getImageData(0, 0, width, height);
    return new Set(new Uint32Array(data.buffer)).size > 10;
  })()`;
  assert.equal(await page.evaluate(isDrawn), true);
  await page.getByRole("radiogroup", { name: "Shown" }).getByText("Week").click();
  await page.waitForURL(/tab=graphs.*range=week|range=week.*tab=graphs/);
  await page.getByRole("img", { name: /^Network\. Received/ }).waitFor();
  const spans = asked.map((url) => {
    const [from = 0, to = 0] = url.split("/").slice(-2).map(Number);
    return to - from;
  });
  assert.deepEqual([...new Set(spans)], [3600, 7 * 86_400]);
  const other = await stage.enter();
  await other.goto(page.url());
  await other.getByRole("radio", { name: "Week", checked: true }).waitFor({ state: "attached" });
});

test(
  "whoever does not see graphs reads their figures in a table, by the keyboard, gaps included",
  long,
  async (t) => {
    const stage = await openStage(t);
    const { server } = await fill(stage);
    const page = await stage.enter(`servers/${server}?tab=graphs&range=day`);
    const toggle = page.getByRole("switch", { name: "As a table" });
    await toggle.focus();
    await toggle.press("Space");
    const table = page.getByRole("table", { name: "Samples" });
    await table.waitFor();
    assert.match(page.url(), /figures=true/);
    const rows = await table.getByRole("row").count();
    assert.ok(rows >= 25 && rows <= 27, `${rows}`);
    await table.getByRole("columnheader", { name: "Network: received" }).waitFor();
    await page.getByText("Means of an hour each.").waitFor();
    assert.deepEqual(await violationsOn(page), []);
    await toggle.press("Space");
    await table.waitFor({ state: "detached" });
    await page.getByRole("radiogroup", { name: "Shown" }).getByText("Year").click();
    await toggle.press("Space");
    await table.getByText("Not seen to run").first().waitFor();
  },
);

/** By how much the two colours of lines, and the panel behind them, differ (WCAG 2.2, contrast ratio). */
const CONTRASTS = `(() => {
  const channels = (colour) => {
    const context = document.createElement("canvas").getContext("2d");
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (colour) => {
    const [red, green, blue] = channels(colour)
      .map((channel) => channel / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [less, more] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (more + 0.05) / (less + 0.05);
  };
  const ground = getComputedStyle(document.querySelector("section")).backgroundColor;
  return [...document.querySelectorAll("section svg line")].map((line) => ({
    contrast: contrast(getComputedStyle(line).stroke, ground),
    isDashed: getComputedStyle(line).strokeDasharray !== "none",
  }));
})()`;

test(
  "lines stand out from what is behind them, light and dark, and are told apart without their colours",
  long,
  async (t) => {
    const stage = await openStage(t);
    const { server } = await fill(stage);
    for (const scheme of ["light", "dark"] as const) {
      const page = await stage.enter(`servers/${server}?tab=graphs`, { scheme });
      await page.getByRole("img", { name: /^CPU/ }).waitFor();
      const lines = (await page.evaluate(CONTRASTS)) as readonly { contrast: number; isDashed: boolean }[];
      assert.equal(lines.length, 10);
      for (const { contrast } of lines) assert.ok(contrast >= 3, `${contrast} in ${scheme}`);
      assert.deepEqual(
        lines.map(({ isDashed }) => isDashed),
        lines.map((_, index) => index % 2 === 1),
      );
    }
  },
);

test("a server without samples says when the first comes, and one that does not run why there are none", async (t) => {
  const stage = await openStage(t);
  const { fresh, stopped } = await fill(stage);
  const page = await stage.enter(`servers/${fresh}?tab=graphs`);
  await page.getByRole("heading", { name: "No samples yet" }).waitFor();
  await page.getByText("the first sample comes within a minute").waitFor();
  await page.goto(`${stage.url}servers/${stopped}?tab=graphs`);
  await page.getByText("Samples are taken while a server runs, and this one does not.").waitFor();
  assert.deepEqual(await violationsOn(page), []);
});
