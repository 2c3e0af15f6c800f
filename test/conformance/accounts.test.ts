/** Every row and key of the tables about accounts, keys and the audit trail, in both content types, against a real cloud. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { COMMANDS } from "../../src/commands.ts";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { askJson, makeAccount } from "../../testing/conformance/accounts.ts";
import { CONTENT_TYPES, exchange, type Row } from "../../testing/conformance/exchange.ts";
import { ACCOUNT_ROWS, ACTING_ROWS, KEY_ROWS, PROFILE_ROWS } from "./account-rows.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";

describe("accounts", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
  });
  after(() => cloud?.close());

  const account = (name: string) => makeAccount(cloud, name, { email: `${name}@example.com` });
  const ask = (auth: string, path: string, given?: Readonly<Record<string, unknown>>) =>
    askJson(cloud, auth, path, given);

  for (const type of CONTENT_TYPES) {
    describe(type, () => {
      const words: Record<string, string> = {};
      before(async () => {
        const [bob, eve] = [await account("bob"), await account("eve")];
        Object.assign(words, { ANN: cloud.auth.slice(0, 36), ANNAUTH: cloud.auth });
        Object.assign(words, { BOB: bob.user, BOBAUTH: bob.auth, EVE: eve.user, EVEAUTH: eve.auth });
        const [anns] = await ask(cloud.auth, "profile/keys/list");
        const [bobs] = await ask(bob.auth, "profile/keys/list");
        const more = await ask(bob.auth, "profile/keys/create", { name: "more", scope: "read" });
        Object.assign(words, { ANNKEY: anns.key, KEY: bobs.key, MORE: more.key });
        words.MOREAUTH = `${bob.user}:${more.secret}`;
        const server = { name: "s", cpu: 100, mem: 32 };
        words.SERVER = (await ask(eve.auth, "servers/create/stopped", server)).server;
        words.DRIVE = (await ask(eve.auth, "drives/create", { name: "d", size: 4096 })).drive;
      });
      for (const row of [...PROFILE_ROWS, ...KEY_ROWS, ...ACTING_ROWS, ...ACCOUNT_ROWS]) {
        it(row.name, async () => {
          await exchange(cloud, ofBob(row, words), type, words);
        });
      }
    });
  }

  /** With bob's uuid where an answer is to have it. */
  const ofBob = (row: Row, { BOB = "" }: Readonly<Record<string, string>>): Row =>
    row.answer?.user === "BOBS" ? { ...row, answer: { ...row.answer, user: BOB } } : row;

  it("keys of an account come in one order, as those of a key do", async () => {
    const { auth } = await account("order");
    const info = await cloud.ask("profile/info", { auth });
    assert.deepEqual(keysIn(info.text), [
      ...["user", "name", "email", "status", "role"],
      ...["limit:ip", "limit:vlan", "limit:servers", "limit:drives"],
      ...["used:cpu", "used:mem", "used:disk", "used:ip", "used:vlan", "used:servers", "used:drives"],
    ]);
    const key = await cloud.ask("profile/keys/create", { auth, body: "expires 4102444800\nname k\n" });
    assert.deepEqual(keysIn(key.text), ["key", "name", "scope", "expires", "created", "hint", "secret"]);
  });

  it("lists answer accounts and keys by their uuids, oldest first, and infos each as its own", async () => {
    const { user, auth } = await account("listed");
    const listed = (await cloud.ask("accounts/list")).text.trimEnd().split("\n");
    assert.ok(listed.includes(user) && listed.includes(cloud.auth.slice(0, 36)));
    const infos = await cloud.ask("accounts/info");
    assert.equal(infos.headers.get("x-elastic-output"), "properties list");
    const objects = infos.text.trimEnd().split("\n\n");
    assert.deepEqual(
      objects.map((object) => /^user (\S+)$/m.exec(object)?.[1]),
      listed,
    );
    assert.equal(`${objects[listed.indexOf(user)]}\n`, (await cloud.ask(`accounts/${user}/info`)).text);
    const made = await ask(auth, "profile/keys/create", { name: "second" });
    const keys = (await cloud.ask("profile/keys/list", { auth })).text.trimEnd().split("\n");
    assert.equal(keys[1], made.key);
    const both = await Promise.all(keys.map((key) => cloud.ask(`profile/keys/${key}/info`, { auth })));
    const all = await cloud.ask("profile/keys/info", { auth });
    // That a key was used is told a moment later.
    const lasting = (text: string) => text.replaceAll(/^used .*\n/gm, "");
    assert.equal(lasting(all.text), both.map((each) => lasting(each.text)).join("\n"));
  });

  it("the use of a key is told to the hour, a moment later", async () => {
    const { auth } = await account("used");
    const hourOf = (ms: number) => Math.floor(ms / 3_600_000) * 3_600;
    const hours = [hourOf(Date.now())];
    for (let tries = 0; ; tries++) {
      const [key] = await ask(auth, "profile/keys/info");
      hours.push(hourOf(Date.now()));
      if (key.used === undefined && tries < 100) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        continue;
      }
      assert.ok(hours.includes(key.used), String(key.used));
      return;
    }
  });

  const scopes: readonly (readonly [scope: string, opens: readonly string[]])[] = [
    [
      "read",
      [
        "drives/list",
        "servers/list",
        "resources/list",
        "resources/vlan/list",
        "profile/info",
        "profile/events",
      ],
    ],
    ["drives", ["drives/list", "drives/create"]],
    ["servers", ["servers/list", "servers/create"]],
    ["resources", ["resources/list", "resources/vlan/list", "resources/vlan/create"]],
    ["profile", ["profile/info", "profile/set", "profile/keys/create", "profile/events"]],
    ["drives servers", ["drives/list", "servers/list", "drives/create", "servers/create"]],
  ];
  for (const [scope, open] of scopes) {
    it(`a key whose scope is ${scope} opens that, and 404 missing tells its owner what else it does not`, async () => {
      const { user, auth } = await account("scoped");
      const { secret } = await ask(auth, "profile/keys/create", { name: "k", scope });
      const all = [...new Set(scopes.flatMap(([, paths]) => paths))];
      for (const path of all) {
        const isChange = /create|set/.test(path);
        const asked = { auth: `${user}:${secret}`, ...(isChange ? { body: "no:such:key x\n" } : {}) };
        const answer = await cloud.ask(path, asked);
        if (open.includes(path)) assert.equal(answer.status, isChange ? 400 : 200, `${path}: ${answer.text}`);
        else {
          assert.deepEqual(
            [answer.status, answer.headers.get("x-lodge-error")],
            [404, "outside_scope"],
            path,
          );
          assert.match(answer.text, / is outside of what this key opens: /);
        }
      }
    });
  }

  it("every key of an account is a password of it, and of no other", async () => {
    const [one, other] = [await account("one"), await account("other")];
    const [, first = ""] = one.auth.split(":");
    const secrets = [first];
    for (const given of [{}, { expires: 4_102_444_800 }, ...scopes.map(([scope]) => ({ scope }))])
      secrets.push((await ask(one.auth, "profile/keys/create", { name: "k", ...given })).secret);
    const status = async (user: string, secret: string) =>
      (await cloud.ask("pricing/info", { auth: `${user}:${secret}` })).status;
    for (const secret of secrets)
      assert.deepEqual([await status(one.user, secret), await status(other.user, secret)], [200, 401]);
  });

  it("a command for admins is answered to all others as one that is not there, by every method", async () => {
    const { auth } = await account("stranger");
    for (const { path } of COMMANDS.filter(({ isAdmins }) => isAdmins === true)) {
      const asked = path.replace("USER", NOBODY).replace(/\[.*\]/, "");
      const [noun = ""] = asked.split("/", 1);
      for (const method of ["GET", "POST", "PUT"]) {
        const told = async (url: string) => {
          const { status, text, headers } = await cloud.ask(url, { auth, method });
          const named = ["x-elastic-error", "x-lodge-error", "allow", "x-elastic-output"];
          const [first = ""] = url.split("/", 1);
          return [status, text.replace(`/${first}`, "/NOUN"), ...named.map((name) => headers.get(name))];
        };
        // As long as the other, since what is long is told in part.
        const absent = asked.replace(noun, "x".repeat(noun.length));
        assert.deepEqual(await told(asked), await told(absent), `${method} ${asked}`);
      }
    }
  });

  it("the trail tells each account what was done in it, and an admin what was done in all", async () => {
    const { user, auth } = await account("trailed");
    const { resource } = await ask(auth, "resources/vlan/create", { name: "v" });
    const events = await ask(auth, "profile/events");
    const [created, made] = events;
    assert.deepEqual(Object.keys(made), [
      ...["event", "time", "user", "actor", "key", "address", "command", "object", "outcome"],
    ]);
    assert.deepEqual(
      [made.user, made.actor, made.address, made.command, made.object, made.outcome],
      [user, user, "127.0.0.1", "resources/TYPE/create", resource, "done"],
    );
    const [{ key }] = await ask(auth, "profile/keys/list");
    assert.equal(made.key, key);
    assert.ok(Math.abs(made.time - Date.now() / 1000) < 60);
    assert.deepEqual([created.actor, created.key], [cloud.auth.slice(0, 36), undefined]);
    assert.deepEqual(await ask(auth, `profile/events/${made.event}`), [made]);
    const [first] = await ask(cloud.auth, `events/${made.event}`);
    assert.deepEqual(first, made);
    const text = await cloud.ask("profile/events", { auth });
    assert.equal(text.headers.get("x-elastic-output"), "properties list");
    const malformed = await cloud.ask("events/yesterday");
    assert.deepEqual(
      [malformed.status, malformed.headers.get("x-lodge-error")],
      [400, "malformed_parameter"],
    );
  });
});

const keysIn = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" ", 1)[0]);
