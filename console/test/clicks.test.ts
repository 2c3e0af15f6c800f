/** Everything that can be pressed is pressed, on every page: nothing breaks, and nothing leads nowhere. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { long, shareOf } from "../../testing/share.ts";
import { adminStage } from "./cloud-stage.ts";
import { fill } from "./scene.ts";
import { goWithin, openStage, type Stage } from "./stage.ts";

/** What ends the visit has tests of its own; what asks for a file waits for one; the description is no page of the console. */
const LEFT_OUT = /^(Log out|Act as$|Choose a file|End$|Skip to the content|The description of the API)/;

const PRESSABLE = /^\s*- (link|button|tab|radio|switch|checkbox) ("(?:[^"\\]|\\.)*")/;

type Role = "link" | "button" | "tab" | "radio" | "switch" | "checkbox";
type Pressable = { readonly role: Role; readonly name: string };

const isInput = (role: Role) => role === "radio" || role === "switch" || role === "checkbox";

/** What can be pressed, by role and name: two that are called the same do the same. */
async function pressables(page: Page): Promise<readonly Pressable[]> {
  const shown = await page.locator("body").ariaSnapshot();
  const found = new Map<string, Pressable>();
  for (const line of shown.split("\n")) {
    const [, role = "", quoted] = PRESSABLE.exec(line) ?? [];
    if (quoted === undefined) continue;
    const name = JSON.parse(quoted) as string;
    if (!LEFT_OUT.test(name)) found.set(`${role} ${name}`, { role: role as Role, name });
  }
  return [...found.values()];
}

/** A dialog has a name, and Escape closes it. */
async function closeDialogs(page: Page, what: string): Promise<void> {
  const dialog = page.getByRole("dialog");
  for (let left = 3; (await dialog.count()) > 0; left--) {
    assert.ok(left > 0, `${what} opens what Escape does not close`);
    const named = page.locator("[role=dialog][aria-label], [role=dialog][aria-labelledby]");
    assert.ok((await named.count()) > 0, `${what} opens a dialog without a name`);
    await page.keyboard.press("Escape");
    await dialog.first().waitFor({ state: "detached" });
  }
}

function watched(page: Page): string[] {
  const wrong: string[] = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => {
    // What is refused of a form that is empty still is told to whoever pressed the button.
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) wrong.push(message.text());
  });
  page.on("response", (response) => {
    if (response.status() >= 500 || response.status() === 401)
      wrong.push(`${response.status()} ${response.url()}`);
  });
  return wrong;
}

async function pressAll(
  { url }: Stage,
  page: Page,
  paths: readonly string[],
  seen: Set<string>,
): Promise<void> {
  const wrong = watched(page);
  for (const path of paths) {
    const open = async () => {
      await goWithin(page, url + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.getByRole("status", { name: "Loading" }).first().waitFor({ state: "detached" });
    };
    await open();
    for (const { role, name } of await pressables(page)) {
      const what = `${role} ${name}`;
      // Links of the navigation are on every page.
      const key = role === "link" ? what : `${path.split("?")[0]} ${what}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const found = page.getByRole(role, { name, exact: true }).first();
      // What was pressed before may have taken it away.
      if ((await found.count()) === 0) continue;
      const before = page.url();
      // The kit's radios and switches lie beneath what is seen of them.
      if (isInput(role)) await found.dispatchEvent("click");
      else await found.click({ force: true });
      await closeDialogs(page, what);
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      assert.deepEqual(wrong, [], `${path}: ${what}`);
      if (page.url() !== before) await open();
    }
  }
}

test("whatever is pressed on the pages of what there is", long, async (t) => {
  const stage = await openStage(t);
  const { server, stopped, drive } = await fill(stage);
  const page = await stage.enter();
  const paths = [
    ...["", "servers?view=table", "servers?view=cards", "images", "addresses", "vlans"],
    ...[`servers/${server}`, `servers/${stopped}?tab=devices`, `servers/${stopped}?tab=network`],
    ...["drives", `drives/${drive}`, `drives/${drive}?tab=content`, `drives/${drive}?tab=sharing`],
    ...[`servers/${server}?tab=screen`, `servers/${server}?tab=serial`],
    ...[`servers/${server}?tab=graphs`, `servers/${server}?tab=activity`, "activity", "drives/fetch"],
  ];
  const seen = new Set<string>();
  await pressAll(stage, page, paths, seen);
  assert.ok(seen.size > 60, `${seen.size} were pressed`);
});

test("whatever is pressed on the pages that make something, and on one's account", async (t) => {
  const stage = await openStage(t);
  await fill(stage);
  const page = await stage.enter();
  const paths = [
    ...["servers/create", "servers/create?keys=all", "drives/create", "drives/upload"],
    ...["account", "account?tab=keys", "account?tab=sessions", "nowhere"],
    ...["api?q=servers", "api?command=serversCreate&q=servers"],
  ];
  const seen = new Set<string>();
  await pressAll(stage, page, paths, seen);
  assert.ok(seen.size > 60, `${seen.size} were pressed`);
});

const PRICES = { currency: "EUR", from: "now", "mem:burst": "0.00001" };
const POOL = { network: "203.0.113.0/28", gateway: "203.0.113.1", nameserver: "192.0.2.53" };
const WEBHOOK = { url: "https://billing.example.com/lodge", events: "invoice.made" };

test("whatever is pressed on the pages of the cloud, and on those of one's money", async (t) => {
  const { stage, bob, ask } = await adminStage(t);
  await fill(stage);
  await ask("pricing/set", PRICES);
  await ask("pools/add", POOL);
  await ask("webhooks/create", WEBHOOK);
  const page = await stage.enter();
  const account = `cloud/accounts/${bob}`;
  const paths = [
    ...["cloud", "account?tab=limits", account, "cloud/images", "cloud/prices", "account?tab=money"],
    ...["cloud/accounts", "cloud/accounts/create", "cloud/pools", "cloud/audit", "cloud/webhooks"],
    ...[`${account}?tab=settings`, `${account}?tab=money`, `${account}?tab=events`],
  ];
  const seen = new Set<string>();
  await pressAll(stage, page, shareOf(paths, 3), seen);
  assert.ok(seen.size > 20, `${seen.size} were pressed`);
});
