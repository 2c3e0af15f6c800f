/** Dialogs and the address: each is opened by one, and closed it is in none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fill, makeVlan } from "./scene.ts";
import { openStage } from "./stage.ts";

test("each dialog is in the address, which opens it; the way back leads to none that was closed", async (t) => {
  const stage = await openStage(t);
  const { server, drive } = await fill(stage);
  const spare = await makeVlan(stage, "spare");
  const page = await stage.enter();
  const dialog = page.getByRole("dialog");
  const dialogs = [
    [`servers/${server}?tab=graphs`, "Destroy", "destroy", "Destroy server web-frontend?"],
    [`drives/${drive}`, "Destroy", "destroy", "Destroy drive backup-of-the-database-in-november?"],
    ["addresses", "Get an address", "create", "Get an address"],
    ["vlans?q=spare", "Destroy", `destroy ${spare}`, "Destroy VLAN spare?"],
    ["account?tab=keys", "Make a key", "create", "Make a key"],
  ] as const;
  for (const [path, button, named, title] of dialogs) {
    await page.goto(stage.url + path);
    const opener = page.getByRole("button", { name: button, disabled: false });
    await opener.first().click();
    await dialog.getByRole("heading", { name: title }).waitFor();
    const address = new URL(page.url());
    assert.equal(address.searchParams.get("dialog"), named);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    assert.equal(page.url(), stage.url + path, "what else the address says stays");
    await page.goBack();
    assert.equal(new URL(page.url()).searchParams.get("dialog"), null);
    await page.goto(address.href);
    await dialog.getByRole("heading", { name: title }).waitFor();
  }
});

test("a server and a drive are destroyed once their very names are typed, and by nothing less", async (t) => {
  const stage = await openStage(t);
  const { stopped, drive } = await fill(stage);
  const page = await stage.enter();
  const destroyed: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/destroy")) destroyed.push(request.url());
  });
  const dialog = page.getByRole("dialog");
  const destroy = dialog.getByRole("button", { name: "Destroy" });
  const things = [
    [`servers/${stopped}`, "batch-worker", "Servers"],
    [`drives/${drive}`, "backup-of-the-database-in-november", "Drives"],
  ] as const;
  for (const [at, name, list] of things) {
    await page.goto(`${stage.url}${at}?dialog=destroy`);
    const field = dialog.getByRole("textbox", { name: `Type ${name} to destroy it` });
    for (const typed of ["", name.slice(0, -1), `${name}s`, name.toUpperCase()]) {
      await field.fill(typed);
      await field.press("Enter");
      assert.ok(await destroy.isDisabled(), `"${typed}" of ${name}`);
    }
    await field.fill(name);
    await destroy.click();
    await page.getByRole("heading", { level: 1, name: list }).waitFor();
  }
  assert.deepEqual(
    destroyed,
    things.map(([at]) => `${stage.http.url}${at}/destroy`),
  );
});

test("what lies behind a dialog stays where it was scrolled to", async (t) => {
  const stage = await openStage(t);
  const { drive } = await fill(stage);
  const page = await stage.enter(`drives/${drive}`);
  await page.setViewportSize({ width: 1280, height: 300 });
  const opener = page.getByRole("button", { name: "Destroy" });
  await opener.focus();
  const scrolled = () => page.evaluate<number>("scrollY");
  await page.evaluate("scrollTo(0, 25)");
  assert.equal(await scrolled(), 25);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  assert.equal(await scrolled(), 25);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await scrolled(), 25);
});
