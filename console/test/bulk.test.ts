/** The list of servers: choosing several and acting on them, tags, and cards. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { long } from "../../testing/share.ts";
import { lifecycle, makeServer } from "../../testing/state-objects.ts";
import { until } from "../../testing/until.ts";
import { takeMouseOff } from "./focus.ts";
import { fill } from "./scene.ts";
import { openStage, violationsOn } from "./stage.ts";

test("all that the filter shows is chosen at once and started; what cannot be is told with its reason, a server each", async (t) => {
  const stage = await openStage(t);
  const { stopped } = await fill(stage);
  const made: string[] = [];
  for (let number = 1; number <= 12; number++) {
    const uuid = await makeServer(
      stage.cloud,
      { name: `node-${number}`, persistent: true, tags: "node" },
      false,
    );
    made.push(uuid);
  }
  const page = await stage.enter("servers?q=node+mail");
  await page.getByRole("searchbox").fill("");
  await page.getByRole("checkbox", { name: "Select mail-relay" }).check();
  const bar = page.getByRole("region", { name: "Selected servers" });
  await bar.getByText("1 selected").waitFor();
  assert.equal(await bar.getByRole("button", { name: /^Start/ }).getAttribute("aria-disabled"), "true");
  await page.getByRole("button", { name: /^node/ }).click();
  await page.getByRole("checkbox", { name: "Select all 12" }).check();
  // Nothing is done with what nobody sees.
  await bar.getByText("12 selected, 1 more hidden by the filter").waitFor();
  await page.getByRole("button", { name: /^node/ }).click();
  await bar.getByText("13 selected").waitFor();
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") asked.push(request.url());
  });
  const start = bar.getByRole("button", { name: "Start 12" });
  await start.hover();
  await page
    .getByRole("tooltip")
    .getByText(/mail-relay: Server .* is dead/)
    .waitFor();
  await start.press("Enter");
  const told = page.getByRole("status").filter({ hasText: "12 started, 1 refused" });
  await told.getByText(/^mail-relay: Server .* is dead: reset it, or stop it first/).waitFor();
  assert.deepEqual(asked.sort(), made.map((uuid) => `${stage.http.url}servers/${uuid}/start`).sort());
  assert.ok(made.every((uuid) => stage.cloud.machine.servers.has(uuid)));
  assert.ok(!stage.cloud.machine.servers.has(stopped), "what was not chosen stays as it is");
  await takeMouseOff(page);
  assert.deepEqual(await violationsOn(page), []);
});

test("a server that is not kept is told to go before it is stopped, and to be gone then", async (t) => {
  const stage = await openStage(t);
  await makeServer(stage.cloud, { name: "kept", persistent: true });
  await makeServer(stage.cloud, { name: "passing" });
  const page = await stage.enter("servers");
  await page.getByRole("checkbox", { name: "Select all 2" }).check();
  const stop = page.getByRole("button", { name: "Stop", exact: true });
  await stop.hover();
  await page.getByRole("tooltip").getByText("1 of them is not kept, and gone then; drives stay").waitFor();
  await stop.click();
  await page.getByRole("status").filter({ hasText: "2 stopped, 1 of them gone" }).waitFor();
  await page.getByRole("link", { name: "passing" }).waitFor({ state: "detached" });
});

test(
  "what the API refuses of one of them is told, and the others are done; no more than six are asked at once",
  long,
  async (t) => {
    const stage = await openStage(t);
    const made: string[] = [];
    for (let number = 1; number <= 9; number++) {
      made.push(await makeServer(stage.cloud, { name: `n${number}`, persistent: true }));
    }
    const page = await stage.enter("servers");
    const held: (() => void)[] = [];
    let isHolding = true;
    await page.route(/\/stop$/, async (route) => {
      if (isHolding) await new Promise<void>((release) => held.push(release));
      if (
        !route
          .request()
          .url()
          .includes(made[4] ?? assert.fail())
      )
        return route.continue();
      await route.fulfill({ status: 409, contentType: "text/plain", body: "server n5 is held\n" });
    });
    await page.getByRole("checkbox", { name: "Select all 9" }).check();
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText("Stop: 0 of 9").waitFor();
    await until("six requests", async () => (held.length >= 6 ? true : null));
    // Whatever else was asked by now has come here before this is answered.
    await page.evaluate("new Promise((done) => setTimeout(done, 200))");
    assert.equal(held.length, 6);
    isHolding = false;
    for (const release of held) release();
    const told = page.getByRole("status").filter({ hasText: "8 stopped, 1 refused" });
    await told.getByText("n5: Server n5 is held").waitFor();
    await told.getByRole("link", { name: "To n5" }).waitFor();
  },
);

test(
  "tags are in the address; those that are chosen are all wanted, and one is taken out again",
  long,
  async (t) => {
    const stage = await openStage(t);
    await fill(stage);
    const page = await stage.enter("servers?tag=production");
    const chip = (name: RegExp) => page.getByRole("group", { name: "Tags" }).getByRole("button", { name });
    await page.getByRole("status").filter({ hasText: "2 of 4" }).waitFor();
    assert.equal(await chip(/^production/).getAttribute("aria-pressed"), "true");
    await chip(/^web/).click();
    await page.getByRole("status").filter({ hasText: "1 of 4" }).waitFor();
    assert.equal(new URL(page.url()).searchParams.get("tag"), "production web");
    await chip(/^production/).click();
    await chip(/^web/).click();
    await page.waitForURL(`${stage.url}servers`);
  },
);

test(
  "a phone shows cards, a screen the table, and either what the address says; cards are sorted and chosen too",
  long,
  async (t) => {
    const stage = await openStage(t);
    await fill(stage);
    const phone = await stage.enter("servers", { size: "narrow" });
    const cards = phone.getByRole("list", { name: "Servers" }).getByRole("listitem");
    await cards.first().waitFor();
    assert.match((await cards.first().textContent()) ?? "", /^batch-workerstopped1 GHz, 512 MiB/);
    await phone.getByRole("combobox", { name: "Sort by" }).selectOption("Memory ↓");
    await cards.first().getByRole("link", { name: "database-primary" }).waitFor();
    await phone.getByRole("checkbox", { name: "Select database-primary" }).check();
    await phone.getByRole("region", { name: "Selected servers" }).waitFor();
    assert.deepEqual(await violationsOn(phone), []);
    await phone.getByText("Table", { exact: true }).click();
    await phone.getByRole("table", { name: "Servers" }).waitFor();
    assert.equal(new URL(phone.url()).searchParams.get("view"), "table");
    const screen = await stage.enter("servers");
    await screen.getByRole("table", { name: "Servers" }).waitFor();
    await screen.goto(`${stage.url}servers?view=cards`);
    await screen.getByRole("list", { name: "Servers" }).getByRole("listitem").nth(3).waitFor();
  },
);

test("a list is read again as it was, and what changed is shown", async (t) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  const page = await stage.enter("servers");
  const row = page.getByRole("row").filter({ hasText: "web-frontend" });
  await row.getByText("active").waitFor();
  await lifecycle(stage.cloud).stop(server);
  await page.getByRole("link", { name: "Drives", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Drives" }).waitFor();
  await page.waitForTimeout(2_100);
  await page.getByRole("link", { name: "Servers", exact: true }).click();
  await row.getByText("stopped").waitFor();
});
