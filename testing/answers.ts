/** Answers of the API to one request of each kind, as bytes that two clouds can be compared by. */
import type { TestContext } from "node:test";
import { openCloud } from "./state-cloud.ts";
import { serveState } from "./state-http.ts";

type Given = Readonly<Record<string, string | number>>;

/** DRIVE, SERVER, IP and VLAN stand for what was made first. */
const ASKED: readonly (readonly [path: string, given?: Given])[] = [
  ["drives/create", { name: "d", size: "64M", "user:a": "b", tags: "x y" }],
  ["resources/ip/create", { name: "a" }],
  ["resources/vlan/create", { name: "v" }],
  ["servers/create", { name: "s", cpu: 500, mem: 64, persistent: "true", "ide:0:0": "DRIVE", smp: 2 }],
  ...[
    ...["drives/list", "drives/info", "drives/DRIVE/info", "servers/list", "servers/info"],
    ...["servers/SERVER/info", "resources/list", "resources/info", "resources/ip/list"],
    ...["resources/vlan/info", "resources/ip/IP/info", "resources/vlan/VLAN/info", "drives/standard/info"],
  ].map((path) => [path] as const),
  ["drives/create", { name: "d", size: "much" }],
  ["drives/create", { name: "d", size: "1T" }],
  ["drives/create", { name: "d", sizes: 5 }],
  ["drives/DRIVE/set", { name: "renamed", readers: "ffffffff-ffff-ffff-ffff-ffffffffffff" }],
  ["drives/DRIVE/set", { size: "128M" }],
  ["drives/DRIVE/destroy", {}],
  ["servers/create", { name: "s", cpu: 500, mem: 64, "ide:0:0": "DRIVE" }],
  ["servers/create", { name: "s", cpu: 500, mem: 64, "ide:0:0": "00000000-0000-4000-8000-000000000000" }],
  ["servers/create", { name: "s", cpu: 500 }],
  ["servers/SERVER/set", { cpu: 800 }],
  ["servers/SERVER/set", { mem: 128 }],
  ["servers/SERVER/start", {}],
  ["servers/SERVER/stop", {}],
  ["servers/SERVER/info"],
  ["servers/SERVER/start", {}],
  ["servers/SERVER/reset", {}],
  ["servers/SERVER/stop", {}],
  ["resources/ip/IP/set", { name: "renamed" }],
  ["resources/tape/create", {}],
  ["nothing/at/all"],
  ["servers/SERVER/destroy"],
  ["servers/SERVER/destroy", {}],
  ["drives/DRIVE/set", { size: "128M" }],
  ["drives/DRIVE/info"],
  ["drives/DRIVE/destroy", {}],
  ["resources/ip/IP/destroy", {}],
  ["resources/vlan/VLAN/destroy", {}],
];

/** After what an account may have is used up, and after it is suspended. */
const REFUSED: readonly (readonly [path: string, given: Given])[] = [
  ["drives/create", { name: "d", size: "64M" }],
  ["servers/create", { name: "s", cpu: 500, mem: 64 }],
  ["resources/ip/create", {}],
  ["resources/vlan/create", {}],
];

const HEADERS = [
  ...["content-type", "x-elastic-output", "x-elastic-error", "x-lodge-error", "allow", "retry-after"],
];
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

export type Answers = readonly { readonly asked: string; readonly answer: string }[];

/** What a cloud without prices answers to all of these in one content type; uuids, addresses, times and secrets are replaced. */
export async function answersOf(
  t: Pick<TestContext, "after">,
  type: "text/plain" | "application/json",
): Promise<Answers> {
  const cloud = await openCloud(t);
  const { url, authorizationOf } = await serveState(t, cloud);
  const { store } = cloud.daemon();
  const words: Record<string, string> = {};
  const named = new Map<string, string>();
  const steady = (text: string) =>
    text
      .replaceAll(UUID, (uuid) => {
        if (!named.has(uuid)) named.set(uuid, `uuid-${named.size}`);
        return named.get(uuid) ?? "";
      })
      // Addresses are given in no order.
      .replaceAll(/\b10\.0\.0\.(?!1\b)\d+/g, "ADDRESS")
      .replaceAll(/\b(started"?[ :]+)\d+/g, "$1TIME")
      .replaceAll(/\b(vnc:password"?[ :]+"?)\w+/g, "$1SECRET");
  const replaced = (text: string) => text.replaceAll(/[A-Z]{2,}/g, (word) => words[word] ?? word);
  const answers: { asked: string; answer: string }[] = [];
  const ask = async (path: string, given?: Given) => {
    const entries = Object.entries(given ?? {}).map(([key, value]) => [key, replaced(String(value))]);
    const lines = entries.map(([key, value]) => `${key} ${value}\n`).join("");
    const body = type === "text/plain" ? lines : JSON.stringify(Object.fromEntries(entries));
    const answer = await fetch(`${url}${replaced(path)}`, {
      method: given === undefined ? "GET" : "POST",
      headers: {
        ...{ authorization: authorizationOf(cloud.user), accept: type },
        ...(entries.length === 0 ? {} : { "content-type": type }),
      },
      ...(entries.length === 0 ? {} : { body }),
    });
    const text = await answer.text();
    const [noun = "", kind = "", verb = ""] = path.split("/");
    if (answer.status === 200 && (kind === "create" || verb === "create"))
      words[noun === "resources" ? kind.toUpperCase() : noun.slice(0, -1).toUpperCase()] ??= madeIn(text);
    const headers = HEADERS.map((name) => `${name}: ${answer.headers.get(name)}`);
    answers.push({ asked: path, answer: steady([answer.status, ...headers, text].join("\n")) });
  };
  for (const [path, given] of ASKED) await ask(path, given);
  for (const columns of [
    { limits: '{"disk":1,"cpu":1,"ip":0,"vlan":0}' },
    { status: "suspended" as const },
  ]) {
    await store.transaction((tx) =>
      tx.updateTable("users").set(columns).where("uuid", "=", cloud.user).execute(),
    );
    for (const [path, given] of REFUSED) await ask(path, given);
  }
  return answers;
}

/** The uuid or the address of what was made. */
function madeIn(text: string): string {
  const [made = ""] = /(?<=(?:drive|server|resource)"?[ :]+"?)[\w.-]+/.exec(text) ?? [];
  return made;
}
