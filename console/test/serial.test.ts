/** A server's serial port in a page: what it said is read first, then what it says, and what is typed and pasted arrives. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { long } from "../../testing/share.ts";
import { say } from "../../testing/simulated/servers.ts";
import { until } from "../../testing/until.ts";
import { keepPicture } from "./looked.ts";
import { fill } from "./scene.ts";
import { openStage, type Stage, violationsOn } from "./stage.ts";

const LIVE = "Connected: what you type goes to the server. Shift-Tab leaves the terminal.";

const opened = async (stage: Stage, server: string, look?: Parameters<Stage["enter"]>[1]): Promise<Page> => {
  const page = await stage.enter(`servers/${server}?tab=serial`, look);
  await page.getByText(LIVE).waitFor();
  return page;
};

/** What came to the guest, once it has that end. */
function heardBy(stage: Stage, server: string) {
  const guest = stage.cloud.machine.servers.get(server)?.serials.at(-1) ?? assert.fail("nobody looks");
  let heard = "";
  guest.on("data", (chunk: Buffer) => {
    heard += String(chunk);
  });
  return (end: string) => until(`it hears ${end}`, async () => (heard.endsWith(end) ? heard : null));
}

const shown = (page: Page, words: string) =>
  until(`${words} is shown`, async () => ((await textOf(page)).includes(words) ? true : null));

/** How many lines there are, and how much of the box's width is a line's. */
const ROWS = `(() => {
  const screen = document.querySelector(".xterm-screen");
  const box = screen.closest("section");
  return [document.querySelectorAll(".xterm-rows > div").length, screen.clientWidth / (box.clientWidth - 30)];
})()`;

/** The text of the terminal, which its screen reader mode has in the page. */
const textOf = async (page: Page) =>
  (await page.getByRole("region", { name: "Terminal" }).textContent()) ?? "";

test("what a server said is shown first, and what it asked a terminal then is not answered; what it asks now is", async (t) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  say(stage.cloud.machine, server, "\u001b[6n");
  const page = await opened(stage, server);
  await page.getByRole("switch", { name: "Screen reader" }).check();
  await shown(page, "web-frontend login:");
  const heard = heardBy(stage, server);
  await page.getByRole("textbox", { name: "Type to the server" }).focus();
  await page.keyboard.type("root");
  await page.keyboard.press("Enter");
  assert.equal(await heard("\r"), "root\r");
  say(stage.cloud.machine, server, "\r\nPassword: \u001b[6n");
  await shown(page, "Password:");
  const answer = (await heard("R")).slice("root\r".length);
  assert.deepEqual([answer.slice(0, 2), /^\d+;\d+R$/.test(answer.slice(2))], ["\u001b[", true]);
});

test(
  "a long paste comes whole and in order, and what is shown is cleared and saved as text",
  long,
  async (t) => {
    const stage = await openStage(t);
    const { server } = await fill(stage);
    const page = await opened(stage, server);
    const heard = heardBy(stage, server);
    const pasted = Array.from({ length: 20_000 }, (_, line) => `line ${line}`).join(" ");
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(`${pasted}!`)})`);
    await page.getByRole("button", { name: "Paste" }).click();
    assert.equal(await heard("!"), `${pasted}!`);
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as text" }).click();
    const saved = await readFile(await (await download).path(), "utf8");
    const lines = saved.split("\n");
    assert.deepEqual(
      [lines[0], lines.at(-2)],
      ["[    0.000000] Linux version 6.1.0-56-amd64", "web-frontend login:"],
    );
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByRole("switch", { name: "Screen reader" }).check();
    await until("it is empty", async () => ((await textOf(page)).includes("Linux") ? null : true));
  },
);

test("a stopped server shows what it said last, and is started there", long, async (t) => {
  const stage = await openStage(t);
  const { stopped } = await fill(stage);
  const page = await stage.enter(`servers/${stopped}?tab=serial`);
  await page.getByText("The server is stopped. This is what it said last.").waitFor();
  await page.getByRole("switch", { name: "Screen reader" }).check();
  await shown(page, "Power down");
  await page.getByText("console=ttyS0").waitFor();
  assert.ok(await page.getByRole("button", { name: "Paste" }).isDisabled());
  assert.deepEqual(await violationsOn(page), []);
  await page
    .getByRole("region", { name: "Serial port" })
    .first()
    .getByRole("button", { name: "Start" })
    .click();
  await page.getByText(LIVE).waitFor();
  say(stage.cloud.machine, stopped, "booting again");
  await shown(page, "booting again");
  assert.doesNotMatch(await textOf(page), /Power down/);
});

for (const size of ["wide", "narrow"] as const) {
  for (const scheme of ["light", "dark"] as const) {
    test(`the terminal fits a ${size} page, is read in ${scheme}, and is left by the keyboard`, async (t) => {
      const stage = await openStage(t);
      const { server } = await fill(stage);
      const page = await opened(stage, server, { size, scheme });
      await page.getByRole("switch", { name: "Screen reader" }).check();
      await shown(page, "login:");
      assert.deepEqual(await violationsOn(page), []);
      const beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
      assert.equal(await page.evaluate(beyond), 0);
      // As many letters as there is room for: what the guest said first is broken nowhere, or once.
      const [rows, wide] = (await page.evaluate(ROWS)) as [number, number];
      assert.ok(wide > 0.9, `the lines take ${wide} of the width`);
      assert.ok(rows >= 10, `${rows} lines`);
      const field = page.getByRole("textbox", { name: "Type to the server" });
      await field.focus();
      await page.keyboard.press("Shift+Tab");
      assert.equal(await field.evaluate((element) => element === element.ownerDocument.activeElement), false);
      await keepPicture(page, `serial-live-${size}-${scheme}`);
    });
  }
}

test("a connection that is lost is said, and made again by a button", async (t) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  const page = await opened(stage, server);
  const { serials } = stage.cloud.machine.servers.get(server) ?? assert.fail();
  const gone = once(serials.at(-1) ?? assert.fail(), "close");
  for (const serial of serials) serial.destroy();
  await gone;
  await page.getByRole("button", { name: "Connect again" }).click();
  await page.getByText(LIVE).waitFor();
});
