/** Servers: the list of them, one of them, and what can be done with it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createServer } from "../../src/servers/lifecycle/create.ts";
import { ed25519 } from "../../testing/public-keys.ts";
import { long } from "../../testing/share.ts";
import { input, lifecycle, makeServer } from "../../testing/state-objects.ts";
import { until } from "../../testing/until.ts";
import { reach } from "./focus.ts";
import { fill } from "./scene.ts";
import { openStage } from "./stage.ts";

test(
  "what cannot be done with a server now is there all the same, and says why in the API's words",
  long,
  async (t) => {
    const stage = await openStage(t);
    const { stopped } = await fill(stage);
    const page = await stage.enter(`servers/${stopped}`);
    const reset = page.getByRole("button", { name: "Reset" });
    await reset.waitFor();
    assert.equal(await reset.getAttribute("aria-disabled"), "true");
    await reset.focus();
    await page.getByRole("tooltip", { name: `Server ${stopped} is not active.` }).waitFor();
    const asked: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST") asked.push(request.url());
    });
    await reset.press("Enter");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText("The server is started").waitFor();
    await page.getByText("active", { exact: true }).waitFor();
    assert.equal(await reset.getAttribute("aria-disabled"), "false");
    assert.deepEqual(asked, [`${stage.http.url}servers/${stopped}/start`]);
  },
);

test("drives of a server that runs are not disconnected, which the buttons say, and its network tab tells its address", async (t) => {
  const stage = await openStage(t);
  const { server, stopped } = await fill(stage);
  const page = await stage.enter(`servers/${server}?tab=devices`);
  const buttons = ["Disconnect", "Connect"].map((name) => page.getByRole("button", { name, exact: true }));
  for (const button of buttons) {
    await button.focus();
    const why = "Drives are connected and disconnected while the server is stopped.";
    await page.getByRole("tooltip", { name: why }).waitFor();
    assert.equal(await button.getAttribute("aria-disabled"), "true");
  }
  await page.getByRole("tab", { name: "Network" }).click();
  await page.getByRole("button", { name: "Copy: Address" }).waitFor();
  await page.goto(`${stage.url}servers/${stopped}?tab=devices`);
  await page.getByRole("button", { name: "Disconnect", disabled: false }).first().waitFor();
});

test("a server is destroyed by whoever types its name, and is gone from the list", async (t) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  const page = await stage.enter(`servers/${server}`);
  await page.getByRole("button", { name: "Destroy" }).click();
  const dialog = page.getByRole("dialog", { name: "Destroy server web-frontend?" });
  const destroy = dialog.getByRole("button", { name: "Destroy" });
  await dialog.getByRole("textbox").fill("web-front");
  assert.ok(await destroy.isDisabled());
  await dialog.getByRole("textbox").fill("web-frontend");
  await destroy.click();
  await page.getByRole("heading", { level: 1, name: "Servers" }).waitFor();
  await page.getByRole("link", { name: "batch-worker" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "web-frontend" }).count(), 0);
  assert.equal(stage.cloud.machine.servers.has(server), false);
});

test("what the API refuses of a form stands at its field, in the API's words", long, async (t) => {
  const stage = await openStage(t);
  const { stopped } = await fill(stage);
  const page = await stage.enter(`servers/${stopped}?tab=configuration`);
  const memory = page.getByRole("textbox", { name: "Memory" });
  await memory.fill("7");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText(/^Mem takes a whole number of MB of at least 32/).waitFor();
  assert.equal(await memory.getAttribute("aria-invalid"), "true");
  await memory.fill("768");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved").waitFor();
  assert.equal(await memory.inputValue(), "768");
});

test("a form shows its request for a shell, with what was changed alone", long, async (t) => {
  const stage = await openStage(t);
  const { stopped } = await fill(stage);
  const page = await stage.enter(`servers/${stopped}?tab=configuration`);
  await page.getByRole("textbox", { name: "Tags" }).fill("it's new");
  await page.getByText("The same request in a shell").click();
  const shown = page.getByLabel("The same request in a shell").filter({ hasText: "curl -u" }).last();
  const text = await shown.textContent();
  assert.match(text ?? "", /--data-binary 'tags it'\\''s new' \\\n {2}"\$EHURIservers\/[0-9a-f-]{36}\/set"$/);
});

test("a password is shown to whoever asks to see it alone", async (t) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  const page = await stage.enter(`servers/${server}?tab=network`);
  const password = page.getByLabel("VNC password", { exact: true });
  assert.deepEqual(
    [await password.inputValue(), await password.getAttribute("type")],
    ["secret12", "password"],
  );
  await page.getByRole("button", { name: "Toggle password visibility" }).click();
  assert.equal(await password.getAttribute("type"), "text");
});

test("a filter is in the address, and a link with it shows the same", long, async (t) => {
  const stage = await openStage(t);
  await fill(stage);
  const page = await stage.enter("servers");
  await page.getByRole("searchbox", { name: "Filter: Servers" }).fill("production");
  await page.getByRole("status").filter({ hasText: "2 of 4" }).waitFor();
  await page.getByRole("button", { name: "CPU" }).click();
  await page.getByRole("columnheader", { name: "CPU" }).and(page.locator("[aria-sort=ascending]")).waitFor();
  const other = await stage.enter();
  await other.goto(page.url());
  await other.getByRole("status").filter({ hasText: "2 of 4" }).waitFor();
  const names = await other.getByRole("row").getByRole("link").allTextContents();
  assert.deepEqual(names, ["web-frontend", "database-primary"]);
});

test(
  "a VLAN in which any of its servers runs is not destroyed, and says which server that is",
  long,
  async (t) => {
    const stage = await openStage(t);
    const { vlan, server } = await fill(stage);
    await lifecycle(stage.cloud).stop(server);
    const nics = {
      "nic:0:model": "virtio",
      "nic:0:dhcp": "auto",
      "nic:1:model": "virtio",
      "nic:1:vlan": vlan,
    };
    for (const name of ["a-second", "a-third", "a-fourth"])
      await makeServer(stage.cloud, { ...nics, name, persistent: true }, name === "a-fourth");
    const page = await stage.enter("vlans");
    const row = page.getByRole("row").filter({ hasText: "backend" });
    await row.getByRole("link", { name: "a-second" }).waitFor();
    await row.getByText("+ 1", { exact: false }).waitFor();
    await row.getByRole("button", { name: "Destroy" }).focus();
    await page.getByRole("tooltip", { name: /^The server a-fourth has it/ }).waitFor();
  },
);

test("a name that is a script is a name", long, async (t) => {
  const stage = await openStage(t);
  const name = '<img src=x onerror="window.broken=1">';
  await createServer(stage.cloud.daemon().dependencies, {
    user: stage.cloud.user,
    input: input({ name, cpu: 500, mem: 64, persistent: true, tags: "<script>window.broken=1</script>" }),
    start: false,
  });
  const page = await stage.enter("servers");
  await page.getByRole("link", { name }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
  assert.equal(await page.evaluate("window.broken"), undefined);
});

test("how long a server runs goes on while it is looked at, and no tab moves as another is chosen", async (t) => {
  const stage = await openStage(t);
  const server = await makeServer(stage.cloud, { name: "web" });
  const page = await stage.enter(`servers/${server}`);
  const since = page.getByText(/^\d+ seconds?$/);
  const seen = await since.textContent();
  await until("it has gone on", async () => ((await since.textContent()) === seen ? null : true));
  const last = page.getByRole("tab").last();
  const before = await last.boundingBox();
  await page.getByRole("tab", { name: "Devices" }).click();
  await page.waitForURL(/tab=devices/);
  assert.deepEqual(await last.boundingBox(), before);
});

test("the keyboard alone leads from the top of the page to a server and starts it", async (t) => {
  const stage = await openStage(t);
  const { stopped } = await fill(stage);
  const page = await stage.enter("servers");
  const link = page.getByRole("link", { name: "batch-worker" });
  await reach(link);
  await page.keyboard.press("Enter");
  const start = page.getByRole("button", { name: "Start" });
  await reach(start);
  await page.keyboard.press("Enter");
  await page.getByText("The server is started").waitFor();
  assert.ok(stage.cloud.machine.servers.has(stopped));
});

test("user data is not shown once it is set, and is replaced and removed", long, async (t) => {
  const stage = await openStage(t);
  const keys = { "ssh:keys": `${ed25519("ann")}\\n${ed25519("bob")}`, "user-data": "#!/bin/sh\\nid" };
  const server = await makeServer(stage.cloud, keys, false);
  const page = await stage.enter(`servers/${server}?tab=configuration`);
  const field = page.getByRole("textbox", { name: "User data" });
  await page.getByText("It has 12 B, which nobody is shown.").waitFor();
  assert.equal(await field.inputValue(), "");
  assert.equal(
    await page.getByRole("textbox", { name: "SSH keys" }).inputValue(),
    `${ed25519("ann")}\n${ed25519("bob")}`,
  );
  await field.fill("#cloud-config\n{}");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("It has 16 B, which nobody is shown.").waitFor();
  await page.getByRole("button", { name: "Remove user data" }).click();
  await page.getByText("What it has is removed as you save.").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved").last().waitFor();
  const { wrapped_secret } = await stage.cloud
    .daemon()
    .store.transaction((tx) => tx.selectFrom("servers").selectAll().executeTakeFirstOrThrow());
  assert.equal(wrapped_secret, null);
});
