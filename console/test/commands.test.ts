/** The page of the API's commands: all of them are there, each with what it takes, and they do what they say. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { expandPath, isParameter } from "../../src/api/path.ts";
import { COMMANDS, type CommandRow } from "../../src/commands.ts";
import { operationId } from "../../src/http/openapi/names.ts";
import { long } from "../../testing/share.ts";
import { fill } from "./scene.ts";
import { openStage, violationsOn } from "./stage.ts";

/** What the form of a command has: fields by their names, and rows that can be added by their families. */
function expected({ takes, keys = [] }: CommandRow, words: readonly string[]): readonly string[] {
  const given = takes === "properties" ? keys : [];
  const names = given.map(({ pattern }) =>
    pattern.endsWith("*")
      ? `Add ${pattern}`
      : pattern.includes("[")
        ? `Add ${pattern.slice(0, pattern.lastIndexOf("]") + 1).replaceAll(/\[[\d-]*\]/g, "")}`
        : pattern,
  );
  const file = takes === "bytes" ? ["The bytes to write"] : [];
  return [...new Set([...words.filter(isParameter), ...names, ...file])].sort();
}

/** The same as the page has it. */
const OFFERED = `
  (() => {
    const form = document.querySelector("main form");
    const names = [...form.querySelectorAll("input[name]:not([type=radio]), select[name], textarea[name]")].map(({ name }) => name);
    const rows = [...form.querySelectorAll("button")].map(({ textContent }) => textContent).filter((text) => text.startsWith("Add "));
    const files = [...form.querySelectorAll("label")].map(({ textContent }) => textContent).filter((text) => text.startsWith("The bytes"));
    return [...names, ...rows, ...files.map((text) => text.replace(" *", ""))].sort();
  })()
`;

/** A chapter of the index may be called the same, and stands before it. */
const headed = (page: Page, path: readonly string[]) =>
  page
    .getByRole("heading", { level: 2, name: path.join("/"), exact: true })
    .last()
    .waitFor();

test("every command of the table is on the page, with its parameters and all of its keys", async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter("api");
  const index = page.getByRole("navigation", { name: "Commands" });
  const rows = COMMANDS.flatMap((command) => expandPath(command.path).map((path) => ({ command, path })));
  assert.ok(rows.length >= COMMANDS.length);
  await index.getByRole("link").first().waitFor();
  assert.equal(await index.getByRole("link").count(), rows.length);
  for (const { command, path } of rows) {
    await index.getByRole("link", { name: path.join("/"), exact: true }).click();
    await headed(page, path);
    assert.equal(new URL(page.url()).searchParams.get("command"), operationId(path));
    assert.deepEqual(await page.evaluate(OFFERED), expected(command, path), path.join("/"));
    const marked = await page.getByText("for admins", { exact: true }).count();
    assert.equal(marked, command.isAdmins === true ? 1 : 0, path.join("/"));
    const does = command.effect === "reads" ? "Ask" : "Have it done";
    assert.equal(await page.getByRole("button", { name: does, exact: true }).count(), 1, path.join("/"));
  }
});

const answer = (page: Page) => page.getByRole("region", { name: "Answer" });

test("a command is tried out as who is logged in: what it takes is sent, and its status, headers and body are shown", async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter("api?command=drivesCreate");
  await page.getByRole("textbox", { name: "name" }).fill("tried");
  await page.getByRole("button", { name: "Have it done" }).click();
  await answer(page).getByRole("heading", { name: /^400/ }).waitFor();
  await answer(page).getByText("size", { exact: true }).waitFor();
  await page.getByRole("textbox", { name: "size" }).fill("4M");
  await page.getByRole("button", { name: "Add user:*" }).click();
  await page.getByRole("textbox", { name: "Key (user:*)" }).fill("owner");
  await page.getByRole("textbox", { name: "Value" }).fill("ann's own");
  await page.getByText("The same request in a shell").click();
  const shown = page.getByLabel("The same request in a shell").filter({ hasText: "curl -u" }).last();
  assert.match((await shown.textContent()) ?? "", /'name tried\nsize 4M\nuser:owner ann'\\''s own'/);
  await page.getByRole("button", { name: "Have it done" }).click();
  await answer(page).getByRole("heading", { name: /^200/ }).waitFor();
  await answer(page).getByText('"user:owner": "ann\'s own"').waitFor();
  assert.deepEqual(await violationsOn(page), []);
});

test(
  "bytes are written out of a file and read into one; a drive is destroyed by whoever types its UUID",
  long,
  async (t) => {
    const stage = await openStage(t);
    const { drive } = await fill(stage);
    const page = await stage.enter("api?command=driveWriteOffset");
    await page.getByRole("button", { name: "Have it done" }).click();
    await page.getByText("DRIVE is needed.").waitFor();
    await page.getByRole("combobox", { name: "DRIVE" }).fill(drive);
    await page.getByRole("textbox", { name: "OFFSET" }).fill("512");
    const buffer = Buffer.from("what is written is read again");
    const choosing = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "The bytes to write" }).click();
    await (await choosing).setFiles({ name: "some.raw", mimeType: "application/octet-stream", buffer });
    await page.getByRole("button", { name: "Have it done" }).click();
    await answer(page).getByRole("heading", { name: /^204/ }).waitFor();

    await page.goto(`${stage.url}api?command=driveReadOffsetSize`);
    await page.getByRole("combobox", { name: "DRIVE" }).fill(drive);
    await page.getByRole("textbox", { name: "OFFSET" }).fill("512");
    await page.getByRole("textbox", { name: "SIZE" }).fill(String(buffer.length));
    await page.getByRole("button", { name: "Ask" }).click();
    const saving = page.waitForEvent("download");
    await answer(page)
      .getByRole("link", { name: `Save the ${buffer.length} B that came` })
      .click();
    assert.deepEqual(await readFile(await (await saving).path()), buffer);

    await page.goto(`${stage.url}api?command=driveDestroy`);
    await page.getByRole("combobox", { name: "DRIVE" }).fill(drive);
    await page.getByRole("button", { name: "Have it done" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox").fill(drive);
    await dialog.getByRole("button", { name: "Destroy" }).click();
    await answer(page).getByRole("heading", { name: /^204/ }).waitFor();
    await page.goto(`${stage.url}drives/${drive}`);
    await page.getByRole("heading", { name: "It is not there" }).waitFor();
  },
);

/** Commands that read and come to an end, none of which takes a parameter: each is asked. */
const ASKED = COMMANDS.filter(
  ({ effect, returns, isAdmins = false }) => effect === "reads" && returns !== "events" && !isAdmins,
)
  .flatMap(({ path }) => expandPath(path))
  .filter((path) => !path.some(isParameter));

test(
  "every command that reads, for any user and of nothing in particular, answers on the page",
  long,
  async (t) => {
    const stage = await openStage(t);
    await fill(stage);
    const page = await stage.enter("api");
    const index = page.getByRole("navigation", { name: "Commands" });
    assert.ok(ASKED.length > 10);
    for (const path of ASKED) {
      await index.getByRole("link", { name: path.join("/"), exact: true }).click();
      await headed(page, path);
      await page.getByRole("button", { name: "Ask" }).click();
      await answer(page).getByRole("heading", { name: /^200/ }).waitFor();
    }
  },
);

test("the commands are filtered by words of their paths, which are in the address", async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter("api?q=server+shut");
  const index = page.getByRole("navigation", { name: "Commands" });
  await index.getByRole("link", { name: "servers/SERVER/shutdown" }).waitFor();
  assert.equal(await index.getByRole("link").count(), 1);
  await page.getByRole("searchbox", { name: "Filter: commands" }).fill("no such words");
  await index.getByText("No command has these words.").waitFor();
});
