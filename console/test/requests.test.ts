/**
 * How little a page waits for: once the console is loaded, each is there when two requests are answered. What else it asks for comes
 * by and by, and holds up nothing: here it never comes.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { shareOf } from "../../testing/share.ts";
import { adminStage, type CloudStage } from "./cloud-stage.ts";
import { fill, type Scene } from "./scene.ts";
import { goWithin } from "./stage.ts";

/** The budget of the design. */
const MOST_REQUESTS = 2;

/** A page, what of the API it needs, and what it is used by: a button, a tab, a field, a row or a heading of it. */
type Needs = readonly [path: string, requests: readonly string[], used: Used];

type Used = readonly [
  role: "button" | "heading" | "link" | "row" | "searchbox" | "tab" | "textbox",
  name: string | RegExp,
];

/** Those that are looked at at every change come first. */
const pagesOf = ({ server, drive }: Scene, bob: string): readonly Needs[] => {
  const [one, two] = [`servers/${server}`, `drives/${drive}`];
  const info = `${one}/info`;
  const disk = `${two}/info/full`;
  const account = `accounts/${bob}/info`;
  return [
    ["", ["servers/info", "drives/info/full"], ["link", /mail-relay/]],
    ["servers", ["servers/info"], ["row", /web-frontend/]],
    [one, [info, "drives/info/full"], ["button", "Shut down"]],
    ["drives", ["drives/info/full", "servers/info"], ["row", /backup-of/]],
    ["servers/create", ["drives/standard/info", "drives/info/full"], ["button", "Create the server"]],
    ["servers/create?keys=all", ["openapi.json"], ["button", "Create the server"]],
    [`${one}?tab=screen`, [info, `${one}/screen`], ["button", "Send text"]],
    [`${one}?tab=serial`, [info, `${one}/serial`], ["button", "Clear"]],
    [`${one}?tab=graphs`, [info, `${one}/samples`], ["heading", "CPU"]],
    [`${one}?tab=devices`, [info, "drives/info/full"], ["row", /web-frontend-disk/]],
    [`${one}?tab=network`, [info, "openapi.json"], ["button", "Save"]],
    [`${one}?tab=configuration`, [info, "openapi.json"], ["button", "Save"]],
    [
      `${one}?tab=activity`,
      [info, `profile/events/of/${server}`],
      ["link", "Filter it on the activity page"],
    ],
    ["drives/create", ["openapi.json"], ["button", "Create the drive"]],
    ["drives/upload", [], ["button", "Upload"]],
    ["drives/fetch", [], ["textbox", "URL"]],
    [two, [disk], ["button", "Destroy"]],
    [`${two}?tab=configuration`, [disk, "openapi.json"], ["button", "Save"]],
    [`${two}?tab=content`, [disk], ["heading", "Download"]],
    [`${two}?tab=sharing`, [disk], ["heading", "Who may read it"]],
    [`${two}?tab=activity`, [disk, `profile/events/of/${drive}`], ["link", "Filter it on the activity page"]],
    ["images", ["drives/standard/info"], ["link", /Create a server/]],
    ["addresses", ["resources/info"], ["button", "Get an address"]],
    ["vlans", ["resources/info"], ["row", /backend/]],
    ["activity", ["profile/events"], ["searchbox", /Activity/]],
    ["account", ["openapi.json"], ["button", "Save"]],
    ["account?tab=limits", [], ["tab", "Use and limits"]],
    ["account?tab=keys", ["profile/keys/info"], ["row", /./]],
    ["account?tab=sessions", ["profile/sessions/info"], ["row", /./]],
    ["api", ["openapi.json"], ["link", /servers\/create/]],
    ["api?command=serversCreate", ["openapi.json"], ["button", "Have it done"]],
    ["cloud", ["cloud/info", "cloud/status"], ["heading", "What needs you"]],
    ["cloud/accounts", ["accounts/info"], ["row", /bob/]],
    ["cloud/accounts/create", ["openapi.json"], ["button", "Create an account"]],
    [`cloud/accounts/${bob}`, [account], ["button", "Suspend"]],
    [`cloud/accounts/${bob}?tab=settings`, [account, "openapi.json"], ["button", "Save"]],
    [`cloud/accounts/${bob}?tab=money`, [account], ["button", "Suspend"]],
    [`cloud/accounts/${bob}?tab=events`, [account, "profile/events"], ["button", "Suspend"]],
    ["cloud/images", ["images/info"], ["row", /debian-12/]],
    ["cloud/pools", ["pools/info"], ["button", "Add a pool"]],
    ["cloud/prices", ["pricing/lists"], ["button", "Add a price list"]],
    ["cloud/webhooks", ["webhooks/info"], ["button", "Add a webhook"]],
    ["cloud/audit", ["events"], ["row", /./]],
  ];
};

const EVERY = 4;

/** Has nothing of the API be answered but what is needed, once the console is there. */
async function answerOnly(page: Page, url: string, needed: readonly string[]): Promise<void> {
  await page.unroute("**");
  await page.goto(`${url}nowhere`);
  await page.getByRole("heading", { level: 1, name: "There is no such page" }).waitFor();
  await page.route("**", (route) => {
    const path = new URL(route.request().url()).pathname.slice(1);
    const comes = path.startsWith("console/") || needed.some((each) => isOf(path, each));
    return comes ? route.continue() : undefined;
  });
}

/** Samples are of a time that the path ends with. */
const isOf = (path: string, needed: string) =>
  path === needed || (path.includes("/samples/") && needed.endsWith("/samples"));

async function assertUsable({ stage }: CloudStage, page: Page, [path, needed, [role, name]]: Needs) {
  assert.ok(needed.length <= MOST_REQUESTS, path);
  await answerOnly(page, stage.url, needed);
  await goWithin(page, stage.url + path);
  await page.getByRole(role, { name }).first().waitFor();
  await page.getByRole("heading", { level: 1 }).first().waitFor();
}

test("each page is there once two requests are answered", async (t) => {
  const cloud = await adminStage(t);
  const scene = await fill(cloud.stage);
  const page = await cloud.stage.enter("nowhere");
  const [daily, others] = [pagesOf(scene, cloud.bob).slice(0, EVERY), pagesOf(scene, cloud.bob).slice(EVERY)];
  for (const needs of [...daily, ...shareOf(others, 10)]) {
    const name = needs[0].replaceAll(/[0-9a-f-]{36}/g, "UUID") || "overview";
    await t.test(name, () => assertUsable(cloud, page, needs));
  }
});
