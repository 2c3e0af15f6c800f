/** Systems that the cloud builds by itself: how a cloud without an image comes by its first one, and who may have it do so. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import type { Recipe } from "../../src/images/builder.ts";
import { adminStage } from "./cloud-stage.ts";
import { focused } from "./focus.ts";
import { assertLooks } from "./looked.ts";
import { openStage } from "./stage.ts";

/** Tells a step, and is done when it is released. */
function heldRecipe() {
  const released = Promise.withResolvers<void>();
  const recipe: Recipe = async (file, report) => {
    report("Unpacking a system");
    await released.promise;
    await writeFile(file, "a system");
  };
  return { recipe, release: released.resolve };
}

test("a cloud without an image builds one where a server is made, and the server is to boot it", async (t) => {
  const { recipe, release } = heldRecipe();
  const { enter } = await openStage(t, { recipe });
  const page = await enter("servers/create");
  await page.getByRole("radio", { name: "An empty drive", checked: true }).waitFor();
  await page.getByRole("textbox", { name: "Name" }).fill("first");
  const build = page.getByRole("button", { name: "Build the sample system" });
  await build.focus();
  await page.keyboard.press("Enter");
  await page.getByText("Unpacking a system. Once it is there it is chosen below.").waitFor();
  await focused(build).waitFor();
  release();
  await page.getByRole("radio", { name: "Standard image", checked: true }).waitFor();
  const chosen = page.getByRole("combobox", { name: "Standard image" });
  assert.match((await chosen.getByRole("option", { selected: true }).textContent()) ?? "", /Sample system/);
  assert.equal(await page.getByRole("textbox", { name: "Name" }).inputValue(), "first");
  await page.getByText("It is there, among the standard images below.").waitFor();
  assert.equal(await page.getByText("no standard image yet").count(), 0);
  await focused(build).waitFor();
  await page.getByRole("button", { name: "Build Debian 12" }).waitFor();
  await page.getByRole("radio", { name: "An empty drive" }).check();
  await page.getByRole("radio", { name: "An empty drive", checked: true }).waitFor();
});

test("one that another tab builds is being built in this one, and is chosen where there was a drive alone", async (t) => {
  const { recipe, release } = heldRecipe();
  const { stage, ask } = await adminStage(t, { recipe });
  await ask("drives/create", { name: "kept", size: "1M" });
  const page = await stage.enter("servers/create");
  await page.getByRole("radio", { name: "A drive of yours", checked: true }).waitFor();
  await ask("images/build", { system: "sample" });
  await page.getByRole("button", { name: "Build the sample system" }).click();
  await page.getByText("Unpacking a system").waitFor();
  assert.equal(await page.getByText("It could not be built").count(), 0);
  release();
  await page.getByRole("radio", { name: "Standard image", checked: true }).waitFor();
});

test("what is being built is broken off by its removal", async (t) => {
  const { recipe, release } = heldRecipe();
  const { stage } = await adminStage(t, { recipe });
  const page = await stage.enter("cloud/images");
  await page.getByRole("button", { name: "Build the sample system" }).click();
  await page.getByText("Unpacking a system").waitFor();
  release();
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill("Sample system");
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByRole("heading", { name: "No standard images yet" }).waitFor();
});

test("why a system could not be built is told, and it is built again, by one who is an admin alone", async (t) => {
  let fails = true;
  const recipe: Recipe = async (file) => {
    if (fails) throw new Error("lz4 not found: install Debian's packages with apt-get install lz4");
    await writeFile(file, "a system");
  };
  const { stage, ask, user } = await adminStage(t, { recipe });
  const page = await stage.enter("cloud/images");
  await page.getByRole("button", { name: "Build the sample system" }).click();
  await page.getByRole("alert").getByText("lz4 not found").waitFor();
  await page.getByRole("row").filter({ hasText: "made by half" }).waitFor();
  await assertLooks(page, "cloud/images, of which one could not be built", "wide");
  fails = false;
  const list = page.getByRole("list", { name: "Systems that the cloud builds" });
  await list.getByRole("button", { name: "Build it again" }).click();
  await page.getByRole("row").filter({ hasText: "Sample system" }).getByText("ready").waitFor();
  await list.getByRole("link", { name: "Create a server of this" }).click();
  await page.getByRole("radio", { name: "Standard image", checked: true }).waitFor();
  stage.cloud.unheard.length = 0;

  await page.goto(`${stage.url}cloud/images`);
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill("Sample system");
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByRole("heading", { name: "No standard images yet" }).waitFor();
  await ask("accounts/create", { name: "boss", role: "admin", email: "boss@example.com" });
  await ask(`accounts/${user}/set`, { role: "user" });
  await page.goto(`${stage.url}images`);
  await page.getByRole("heading", { name: "No images yet" }).waitFor();
  assert.equal(await page.getByRole("button", { name: /^Build/ }).count(), 0);
});
