/**
 * What a stranger learns: of objects of another user nothing, in every command that names an object; of accounts
 * nothing; and a command that is refused changes nothing.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { InputValue } from "../../src/api/properties.ts";
import { COMMANDS } from "../../src/commands.ts";
import { type Answer, type Cloud, openCloud } from "../../testing/cloud.ts";
import { makeUser } from "../../testing/user.ts";

const NOTHING = "00000000-0000-4000-8000-000000000000";
/** An address of the pool of every cloud of these tests that nobody has. */
const NO_ADDRESS = "192.0.2.99";

/** The words of a path that name an object, or a part of it that may be left out. */
const OPTIONAL = /\[\/([A-Z]+)\]/;
const NAMES_OBJECT = /\b(DRIVE|SERVER|RESOURCE|SOURCE|KEY|USER)\b/;

describe("a stranger", () => {
  let cloud: Cloud;
  let eve = "";
  /** A server of hers. */
  let eves = "";
  const owned = { DRIVE: "", SERVER: "", SOURCE: "", ip: "", vlan: "", KEY: "", USER: "" };

  before(async () => {
    cloud = await openCloud();
    eve = (await makeUser(cloud, "eve")).auth;
    const drive = async (name: string) =>
      (await cloud.make("drives/create", { name, size: "1M" })).get("drive") ?? "";
    owned.DRIVE = await drive("owned");
    owned.SOURCE = await drive("source");
    const server = { name: "owned", cpu: 200, mem: 32 };
    owned.SERVER = (await cloud.make("servers/create/stopped", server)).get("server") ?? "";
    const hers = await cloud.ask("servers/create/stopped", { auth: eve, body: "name e\ncpu 200\nmem 32\n" });
    eves = /^server (\S+)$/m.exec(hers.text)?.[1] ?? "";
    owned.USER = cloud.auth.slice(0, 36);
    owned.KEY = (await cloud.ask("profile/keys/list")).text.trim();
    for (const type of ["ip", "vlan"] as const) {
      owned[type] = (await cloud.make(`resources/${type}/create`, { name: "owned" })).get("resource") ?? "";
    }
  });
  after(() => cloud?.close());

  /** The paths of a command, with and without what may be left out, each word replaced. */
  function pathsOf(path: string, words: Readonly<Record<string, string>>): string[] {
    const [optional = "", word = ""] = OPTIONAL.exec(path) ?? [];
    const forms = optional === "" ? [path] : [path.replace(optional, ""), path.replace(optional, `/${word}`)];
    return forms.map((form) => form.replace(/\b[A-Z]+\b/g, (name) => words[name] ?? name));
  }

  type Given = Readonly<Record<string, InputValue>> | undefined;
  const ask = (path: string, method: string, input: Given, accept = "text/plain") =>
    cloud.ask(path, {
      auth: eve,
      method,
      headers: { "content-type": "application/json", accept },
      ...(input === undefined ? {} : { body: JSON.stringify(input) }),
    });

  /** All of an answer, byte for byte, but for when and to which request it came, and which name it repeats. */
  function told({ status, headers, text }: Answer, name: string) {
    const same = [...headers].filter(([header]) => !["date", "x-request-id"].includes(header));
    const length = Number(headers.get("content-length")) - (text.split(name).length - 1) * name.length;
    return {
      status,
      text: text.replaceAll(name, "NAME"),
      headers: same.map(([header, value]) => [header, header === "content-length" ? length : value]),
    };
  }

  const others: readonly (readonly [word: string, type: string, mine: () => string, none: string])[] = [
    ["DRIVE", "", () => owned.DRIVE, NOTHING],
    ["SERVER", "", () => owned.SERVER, NOTHING],
    ["RESOURCE", "ip", () => owned.ip, NO_ADDRESS],
    ["RESOURCE", "vlan", () => owned.vlan, NOTHING],
    ["KEY", "", () => owned.KEY, NOTHING],
    ["USER", "", () => owned.USER, NOTHING],
  ];
  for (const { path, effect, takes, example } of COMMANDS) {
    if (!NAMES_OBJECT.test(path)) continue;
    for (const [word, type, mine, none] of others) {
      if (!new RegExp(`\\b${word}\\b`).test(path)) continue;
      it(`is answered by ${path} of another's ${word} ${type} as by one that is not there`, async () => {
        const rest = { TYPE: type, SOURCE: owned.SOURCE, OFFSET: "0", SIZE: "16", CONVERSION: "gzip" };
        const input = takes === "properties" ? (example?.input ?? { name: "n" }) : undefined;
        const [theirs, nothing] = [mine(), none].map((name) => pathsOf(path, { ...rest, [word]: name }));
        for (const [at, asked] of (theirs ?? []).entries()) {
          for (const method of effect === "changes" ? ["POST"] : ["GET", "POST"]) {
            for (const accept of ["text/plain", "application/json"]) {
              const answer = await ask(asked, method, input, accept);
              const absent = await ask(nothing?.[at] ?? "", method, input, accept);
              assert.equal(answer.status, 404, answer.text);
              assert.deepEqual(told(answer, mine()), told(absent, none));
            }
          }
        }
      });
    }
  }

  /** Keys whose values name objects of another, at creation and in what eve sets of her own. */
  const naming: readonly (readonly [path: string, key: string, mine: () => string, none: string])[] = [
    ["drives/create", "avoid", () => owned.DRIVE, NOTHING],
    ["servers/create/stopped", "ide:0:0", () => owned.DRIVE, NOTHING],
    ["servers/create/stopped", "avoid:drives", () => owned.DRIVE, NOTHING],
    ["servers/create/stopped", "avoid:servers", () => owned.SERVER, NOTHING],
    ["servers/create/stopped", "nic:0:dhcp", () => owned.ip, NO_ADDRESS],
    ["servers/create/stopped", "vnc", () => owned.ip, NO_ADDRESS],
    ["servers/create/stopped", "nic:1:vlan", () => owned.vlan, NOTHING],
    ["servers/create", "ide:0:0", () => owned.DRIVE, NOTHING],
    ["servers/create", "nic:0:dhcp", () => owned.ip, NO_ADDRESS],
    ["servers/create", "nic:1:vlan", () => owned.vlan, NOTHING],
    ["servers/EVES/set", "ide:0:0", () => owned.DRIVE, NOTHING],
    ["servers/EVES/set", "scsi:0:0", () => owned.DRIVE, NOTHING],
    ["servers/EVES/set", "avoid:drives", () => owned.DRIVE, NOTHING],
    ["servers/EVES/set", "avoid:servers", () => owned.SERVER, NOTHING],
    ["servers/EVES/set", "nic:0:dhcp", () => owned.ip, NO_ADDRESS],
    ["servers/EVES/set", "vnc", () => owned.ip, NO_ADDRESS],
    ["servers/EVES/set", "nic:1:vlan", () => owned.vlan, NOTHING],
  ];
  for (const [path, key, mine, none] of naming) {
    it(`is told of another's object under ${key} of ${path} what is told of none`, async () => {
      const give = (value: string) =>
        ask(path.replace("EVES", eves), "POST", {
          name: "n",
          ...(path.startsWith("drives") ? { size: 1 } : { cpu: 200, mem: 32 }),
          [key]: value,
        });
      const [answer, absent] = [await give(mine()), await give(none)];
      assert.equal(answer.status, 404, answer.text);
      assert.deepEqual(told(answer, mine()), told(absent, none));
    });
  }

  it("sees nothing of another's in any list, and the owner's objects are as they were", async () => {
    for (const { path, effect, returns } of COMMANDS.filter((command) => !/[A-Z]/.test(command.path))) {
      // A stream has no end: what it tells of others is a test of its own (test/state/changes.test.ts).
      if (effect === "changes" || returns === "events") continue;
      const { text } = await ask(path, "GET", undefined);
      for (const name of Object.values(owned)) assert.ok(!text.includes(name), `${path}: ${text}`);
    }
    for (const path of [`drives/${owned.DRIVE}/info`, `servers/${owned.SERVER}/info`]) {
      assert.equal((await cloud.info(path)).get("name"), "owned");
    }
  });

  it("is told of another's account under X-Elastic-User what is told of none, whatever they ask", async () => {
    const told = async (user: string, path: string) => {
      const { status, text } = await cloud.ask(path, { auth: eve, headers: { "x-elastic-user": user } });
      return [status, text.replace(user, "USER")];
    };
    for (const path of [`drives/${owned.DRIVE}/info`, "profile/info", "accounts/list", "no/such/command"]) {
      const absent = await told(NOTHING, path);
      assert.deepEqual(await told(owned.USER, path), absent, path);
      assert.equal(absent[0], 404);
    }
  });

  it("is not told whether the user or the secret is wrong", async () => {
    const [user = "", secret = ""] = cloud.auth.split(":");
    const refused = async (auth: string) => {
      const { status, text, headers } = await cloud.ask("drives/list", { auth });
      return { status, text, challenge: headers.get("www-authenticate") };
    };
    const wrong = await refused(`${user}:${secret.slice(1)}x`);
    assert.equal(wrong.status, 401);
    for (const auth of [
      `${NOTHING}:${secret}`,
      `${user}:`,
      "00000000-0000-0000-0000-000000000001:",
      "ann:x",
    ]) {
      assert.deepEqual(await refused(auth), wrong, auth);
    }
  });

  it("is refused one bad key among good ones, and nothing is changed", async () => {
    for (const [object, keys] of [
      [`drives/${owned.DRIVE}`, { name: "x", "user:a": "b", size: "2M", "claim:type": "neither" }],
      [`servers/${owned.SERVER}`, { name: "x", "user:a": "b", cpu: 300, mem: "much" }],
      [`resources/vlan/${owned.vlan}`, { name: "x", "user:a": "b", nothing: "1" }],
    ] as const) {
      const before = [...(await cloud.info(`${object}/info`))];
      const body = Object.entries(keys).map(([key, value]) => `${key} ${value}\n`);
      const answer = await cloud.ask(`${object}/set`, { body: body.join("") });
      assert.equal(answer.status, 400, answer.text);
      assert.deepEqual([...(await cloud.info(`${object}/info`))], before);
    }
  });

  it("is held to the bounds of a request", async () => {
    const note = (bytes: number) => `name n\nsize 1\nuser:n ${"x".repeat(bytes)}\n`;
    const create = (body: string) => cloud.ask("drives/create", { auth: eve, body });
    assert.equal((await create(note(2 ** 20))).status, 400);
    assert.equal((await create(note(1000))).status, 200);
    const drive = /^drive (\S+)$/m.exec((await create("name n\nsize 16M\n")).text)?.[1];
    const read = async (size: string) => cloud.ask(`drives/${drive}/read/0/${size}`, { auth: eve });
    assert.equal((await read("4M")).bytes.length, 4 * 2 ** 20);
    assert.equal((await read(String(4 * 2 ** 20 + 1))).status, 400);
  });
});
