/** A server that was refused is tried again after something else was chosen: it is what is chosen now, and nothing is left over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { long } from "../../testing/share.ts";
import { markStandard } from "./scene.ts";
import { openStage, type Stage } from "./stage.ts";

const MIB = 1024 ** 2;
const EVERYBODY = "ffffffff-ffff-ffff-ffff-ffffffffffff";

type Answer = Readonly<Record<string, string | number>>;

const asking = ({ http, cloud }: Stage) => {
  const authorization = http.authorizationOf(cloud.user);
  const headers = { authorization, accept: "application/json" };
  const ask = async (path: string, values: object): Promise<Answer> => {
    const type = { "content-type": "application/json" };
    const body = JSON.stringify(values);
    const answer = await fetch(http.url + path, { method: "POST", headers: { ...headers, ...type }, body });
    assert.ok(answer.ok, path);
    return (await answer.json()) as Answer;
  };
  const list = async (path: string) =>
    (await (await fetch(http.url + path, { headers })).json()) as readonly Answer[];
  const write = async (drive: string, content: string) => {
    const type = { "content-type": "application/octet-stream" };
    const body = content.padEnd(512, ".");
    await fetch(`${http.url}drives/${drive}/write/0`, {
      method: "POST",
      headers: { ...headers, ...type },
      body,
    });
  };
  const begins = async (drive: string) => {
    const accept = "application/octet-stream";
    const answer = await fetch(`${http.url}drives/${drive}/read/0/7`, { headers: { ...headers, accept } });
    return answer.text();
  };
  return { ask, list, write, begins };
};

type Asking = ReturnType<typeof asking>;

async function image(stage: Stage, { ask, write }: Asking, name: string): Promise<string> {
  const drive = String((await ask("drives/create", { name, size: "8M" })).drive);
  await write(drive, name);
  await ask(`drives/${drive}/set`, { readers: EVERYBODY });
  await markStandard(stage.cloud, drive, 8 * MIB);
  return drive;
}

const set = (page: Page, name: string, value: string) => page.getByRole("textbox", { name }).fill(value);
const create = (page: Page) => page.getByRole("button", { name: "Create the server" }).click();

/** A first try whose drive is made and whose server is refused. */
async function refused(page: Page, name: string): Promise<void> {
  await set(page, "Name", name);
  await set(page, "Size of the drive", "10M");
  await set(page, "Memory (MB)", "1");
  await create(page);
  await page.getByText(/^Mem takes/).waitFor();
  await page.getByText(`The drive ${name} was made, and is kept.`).waitFor();
  await set(page, "Memory (MB)", "64");
}

/** The server that came of it, and what its drive is; it is all that was made. */
async function outcome(page: Page, { list }: Asking, name: string, others: readonly string[]) {
  await page.getByRole("heading", { level: 1, name }).waitFor();
  const server = (await list("servers/info")).find((each) => each.name === name);
  const drives = (await list("drives/info/full")).filter(({ drive }) => !others.includes(String(drive)));
  return { boots: String(server?.["block:0"]), drives };
}

test("a server that is tried again with another image and size boots that image on that size", async (t) => {
  const stage = await openStage(t);
  const api = asking(stage);
  const one = await image(stage, api, "image-A");
  const other = await image(stage, api, "image-B");
  const page = await stage.enter(`servers/create?image=${one}`);
  await refused(page, "chosen");
  await page.getByRole("combobox", { name: "Standard image" }).selectOption({ value: other });
  await page.getByText("The drive chosen was made for what was chosen before").waitFor();
  await set(page, "Size of the drive", "40M");
  await create(page);
  const { boots, drives } = await outcome(page, api, "chosen", [one, other]);
  assert.deepEqual(
    drives.map(({ drive, size }) => [drive, Number(size)]),
    [[boots, 40 * MIB]],
  );
  assert.equal(await api.begins(boots), "image-B");
});

test("a server that is tried again with another size or name has a drive of that", long, async (t) => {
  const stage = await openStage(t);
  const api = asking(stage);
  const one = await image(stage, api, "image-A");
  const page = await stage.enter(`servers/create?image=${one}`);
  await refused(page, "small");
  await set(page, "Size of the drive", "20M");
  await create(page);
  const grown = await outcome(page, api, "small", [one]);
  assert.deepEqual(
    grown.drives.map(({ drive, size }) => [drive, Number(size)]),
    [[grown.boots, 20 * MIB]],
  );
  assert.equal(await api.begins(grown.boots), "image-A");

  await page.goto(`${stage.url}servers/create?image=${one}`);
  await refused(page, "misnamed");
  await set(page, "Name", "named");
  await create(page);
  const named = await outcome(page, api, "named", [one, grown.boots]);
  assert.deepEqual(
    named.drives.map(({ drive, name }) => [drive, name]),
    [[named.boots, "named"]],
  );
});

test("of a server that is tried again with a drive that was there no other drive is left over", async (t) => {
  const stage = await openStage(t);
  const api = asking(stage);
  const own = String((await api.ask("drives/create", { name: "own", size: "30M" })).drive);
  const page = await stage.enter("servers/create");
  await page.getByRole("radio", { name: "An empty drive" }).check();
  await refused(page, "on-its-own");
  await page.getByRole("radio", { name: "A drive of yours" }).check();
  await page.getByRole("combobox", { name: "A drive of yours" }).selectOption({ value: own });
  await create(page);
  const { boots, drives } = await outcome(page, api, "on-its-own", []);
  assert.equal(boots, own);
  assert.deepEqual(
    drives.map(({ drive }) => drive),
    [own],
  );
});

test("the drive of a try before may be chosen as one of one's own", long, async (t) => {
  const stage = await openStage(t);
  const api = asking(stage);
  const page = await stage.enter("servers/create");
  await page.getByRole("radio", { name: "An empty drive" }).check();
  await refused(page, "the-same");
  const [made] = await api.list("drives/info/full");
  await page.getByRole("radio", { name: "A drive of yours" }).check();
  await page.getByRole("combobox", { name: "A drive of yours" }).selectOption({ value: String(made?.drive) });
  await create(page);
  const { boots, drives } = await outcome(page, api, "the-same", []);
  assert.equal(boots, made?.drive);
  assert.equal(drives.length, 1);
});

test(
  "that the drive of a try before was not destroyed is told, and the next try goes on",
  long,
  async (t) => {
    const stage = await openStage(t);
    const api = asking(stage);
    const page = await stage.enter("servers/create");
    await page.getByRole("radio", { name: "An empty drive" }).check();
    await refused(page, "held");
    const [made] = await api.list("drives/info/full");
    const drive = String(made?.drive);
    const holder = {
      name: "holder",
      cpu: 500,
      mem: 64,
      persistent: "true",
      "block:0": drive,
      boot: "block:0",
    };
    await api.ask("servers/create/stopped", holder);
    await set(page, "Size of the drive", "20M");
    await create(page);
    await page
      .getByRole("alert")
      .getByText(
        /The drive held, made for what was chosen before, was not destroyed and is kept: server holder has it/,
      )
      .waitFor();
    await create(page);
    const { boots, drives } = await outcome(page, api, "held", [drive]);
    assert.deepEqual(
      drives.map((each) => [each.drive, Number(each.size)]),
      [[boots, 20 * MIB]],
    );
  },
);
