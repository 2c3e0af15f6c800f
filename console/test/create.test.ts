/** Making servers and drives. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Locator } from "playwright-core";
import { ed25519 } from "../../testing/public-keys.ts";
import { long } from "../../testing/share.ts";
import { fill, makeVlan } from "./scene.ts";
import { openStage } from "./stage.ts";

const UUID = /[0-9a-f-]{36}/;

test("a server is made of a standard image on one page, and runs with a drive of its own", async (t) => {
  const stage = await openStage(t);
  await fill(stage);
  const page = await stage.enter("images");
  await page
    .getByRole("row")
    .filter({ hasText: "debian-12" })
    .getByRole("link", { name: "Create a server of this" })
    .click();
  await page.getByRole("textbox", { name: "Name" }).fill("fresh");
  await page.getByRole("textbox", { name: "Size of the drive" }).fill("80M");
  await page.getByText("Small", { exact: true }).click();
  await page.getByText("The same request in a shell").click();
  const asked = await page.getByText("$EHURI").last().textContent();
  assert.deepEqual(
    [...(asked ?? "").matchAll(/\$EHURI([^"]*)"/g)].map(([, path = ""]) => path.replace(UUID, "IMAGE")),
    ["drives/create", "drives/DRIVE/image/IMAGE", "servers/create"],
  );
  await page.getByRole("button", { name: "Create the server" }).click();
  await page.getByRole("heading", { level: 1, name: "fresh" }).waitFor();
  await page.getByText("active", { exact: true }).waitFor();
  await page.getByRole("tab", { name: "Screen", selected: true }).waitFor();
  await page.getByRole("tab", { name: "Overview" }).click();
  await page.getByText("512 MiB").waitFor();
  await page.getByText("block:0, 80 MiB").waitFor();
});

test(
  "what is wrong with a new server is told at its field, and what was made by then is used when it is tried again",
  long,
  async (t) => {
    const stage = await openStage(t);
    const page = await stage.enter("servers/create");
    await page.getByRole("radio", { name: "An empty drive" }).check();
    await page.getByRole("textbox", { name: "Name" }).fill("second-try");
    await page.getByRole("textbox", { name: "Size of the drive" }).fill("10M");
    await page.getByRole("textbox", { name: "Memory (MB)" }).fill("1");
    await page.getByRole("button", { name: "Create the server" }).click();
    await page.getByText(/^Mem takes/).waitFor();
    await page.getByText("The drive second-try was made, and is kept.").waitFor();
    await page.getByRole("textbox", { name: "Memory (MB)" }).fill("64");
    await page.getByRole("button", { name: "Create the server" }).click();
    await page.getByRole("heading", { level: 1, name: "second-try" }).waitFor();
    await page.goto(`${stage.url}drives`);
    await page.getByRole("link", { name: "second-try" }).first().waitFor();
    assert.equal(await page.getByRole("row").count(), 2);
  },
);

test(
  "a server is made by all keys, with a row for each device; what is refused of a row stands at its field",
  long,
  async (t) => {
    const stage = await openStage(t);
    const { drive: spare } = await fill(stage);
    const page = await stage.enter("servers/create");
    await page.getByRole("link", { name: "By all keys" }).click();
    await page.waitForURL(`${stage.url}servers/create?keys=all`);
    const field = (name: string) => page.getByRole("textbox", { name, exact: true });
    const drive = (name: string) => page.getByRole("combobox", { name, exact: true });
    await field("name").fill("by-keys");
    await field("cpu").fill("500");
    await field("mem").fill("64");
    await page.getByRole("button", { name: "Add ide:BUS:UNIT" }).click();
    await page.getByRole("button", { name: "Add ide:BUS:UNIT" }).click();
    const second = page.getByRole("group", { name: /^ide:(0:1|1:0)$/ });
    await second.getByRole("combobox", { name: "ide:BUS:UNIT" }).selectOption("ide:1:0");
    await drive("ide:0:0").fill(spare);
    await drive("ide:1:0").fill("no drive");
    await page.getByRole("button", { name: "Add user:*" }).click();
    await page.getByRole("textbox", { name: "Key (user:*)" }).fill("for");
    await page
      .getByRole("group", { name: "user:for" })
      .getByRole("textbox", { name: "Value" })
      .fill("a test");
    await page.getByRole("switch", { name: "Start it at once" }).uncheck({ force: true });
    await page.getByRole("button", { name: "Create the server" }).click();
    await second.getByText(/^Ide:1:0 takes the uuid of a drive/).waitFor();
    await page.getByRole("button", { name: "Remove ide:1:0" }).click();
    await page.getByRole("button", { name: "Create the server" }).click();
    await page.getByRole("heading", { level: 1, name: "by-keys" }).waitFor();
    await page.getByText("stopped", { exact: true }).waitFor();
    await page.getByText("ide:0:0, 250 MiB").waitFor();
  },
);

test("what is refused of a VLAN stands at its field, by all keys and on one page", long, async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter("servers/create?keys=all");
  const field = (name: string) => page.getByRole("textbox", { name, exact: true });
  const refusedAt = async (vlan: Locator) => {
    await page.getByRole("button", { name: "Create the server" }).click();
    await page.getByText(/^Nic:1:vlan takes the uuid of a VLAN/).waitFor();
    assert.equal(await vlan.getAttribute("aria-invalid"), "true");
  };
  await field("name").fill("by-keys");
  await field("cpu").fill("500");
  await field("mem").fill("64");
  await field("nic:1:vlan").fill("backend");
  await refusedAt(field("nic:1:vlan"));

  const backend = await makeVlan(stage, "backend");
  await page.goto(`${stage.url}servers/create`);
  await page.getByRole("radio", { name: "An empty drive" }).check();
  await page.getByRole("textbox", { name: "Name" }).fill("on-one-page");
  await field("Size of the drive").fill("10M");
  const vlan = page.getByRole("combobox", { name: "VLAN", exact: true });
  await vlan.selectOption("backend");
  // There are none to choose but those that there are: the cloud is told of another.
  await page.route(/\/servers\/create$/, async (route) => {
    const asked = route.request().postData() ?? "";
    await route.continue({ postData: asked.replace(backend, "backend") });
  });
  await refusedAt(vlan);
});

test("a drive is made by its keys, and a size that is none is told at its field", long, async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter("drives/create");
  await page.getByRole("textbox", { name: "Name" }).fill("data");
  await page.getByRole("textbox", { name: "Size" }).fill("a lot");
  await page.getByRole("button", { name: "Create the drive" }).click();
  await page.getByText(/^Size takes a number of bytes/).waitFor();
  await page.getByRole("textbox", { name: "Size" }).fill("20M");
  await page.getByRole("button", { name: "Create the drive" }).click();
  await page.getByRole("heading", { level: 1, name: "data" }).waitFor();
  await page.getByText("20 MiB").waitFor();
});

test("a VLAN and a key are made; the key's secret is shown, and opens", async (t) => {
  const stage = await openStage(t);
  const page = await stage.enter("vlans");
  await page.getByRole("button", { name: "Create a VLAN" }).click();
  const dialog = page.getByRole("dialog", { name: "Create a VLAN" });
  await dialog.getByRole("textbox", { name: "Name" }).fill("backend");
  await dialog.getByRole("button", { name: "Create a VLAN" }).click();
  await page.getByRole("cell", { name: "backend" }).waitFor();
  await page.goto(`${stage.url}account?tab=keys`);
  await page.getByRole("button", { name: "Make a key" }).click();
  const making = page.getByRole("dialog", { name: "Make a key" });
  await making.getByRole("textbox", { name: "Name" }).fill("robot");
  await making.getByLabel("Ends").fill("2087-03-01T12:00");
  await making.getByRole("button", { name: "Make a key" }).click();
  const told = await page.getByRole("status").filter({ hasText: "It is shown this once" }).textContent();
  const secret = /keep it now\.([\w-]{43})/.exec(told ?? "")?.[1] ?? assert.fail(told ?? "");
  const basic = Buffer.from(`${stage.cloud.user}:${secret}`).toString("base64");
  const answer = await fetch(`${stage.http.url}profile/info`, {
    headers: { authorization: `Basic ${basic}` },
  });
  assert.equal(answer.status, 200);
  await page.getByRole("row").filter({ hasText: "robot" }).getByText("1 Mar 2087, 12:00").waitFor();
});

test(
  "keys and user data are written as lines, and what is wrong with them is told at their fields",
  long,
  async (t) => {
    const stage = await openStage(t);
    const page = await stage.enter("servers/create");
    await page.getByRole("radio", { name: "An empty drive" }).check();
    await page.getByRole("textbox", { name: "Name" }).fill("reached");
    await page.getByRole("textbox", { name: "Size of the drive" }).fill("10M");
    const keys = page.getByRole("textbox", { name: "SSH keys" });
    await keys.fill("not a key");
    await page.getByText("More: user data").click();
    const userData = page.getByRole("textbox", { name: "User data" });
    await userData.fill("#!/bin/sh\nprintf 'a\\n'\n");
    await page.getByRole("button", { name: "Create the server" }).click();
    await page.getByText(/^Ssh:keys takes at most 50 public keys/).waitFor();
    assert.equal(await keys.getAttribute("aria-invalid"), "true");
    await keys.fill(`${ed25519("ann")}\n${ed25519("bob")}\n`);
    await userData.fill("printf");
    await page.getByRole("button", { name: "Create the server" }).click();
    await page.getByText(/^User-data takes text/).waitFor();
    await userData.fill("#!/bin/sh\nprintf 'a\\n'\n");
    await page.getByRole("button", { name: "Create the server" }).click();
    await page.getByRole("heading", { level: 1, name: "reached" }).waitFor();
    const [run] = stage.cloud.machine.servers.values();
    const [metaData, script] = run?.spec.seed ?? [];
    assert.deepEqual(JSON.parse(metaData?.content ?? "")["public-keys"], [ed25519("ann"), ed25519("bob")]);
    assert.equal(script?.content, "#!/bin/sh\nprintf 'a\\n'\n");
  },
);
