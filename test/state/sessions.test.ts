/** Sessions of pages in a browser over a state cloud: what begins one, when its cookie counts, and all that ends it. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Logins } from "../../src/accounts/login.ts";
import { makeSessionCode } from "../../src/accounts/session-code.ts";
import { beginSession } from "../../src/accounts/sessions.ts";
import { createUser } from "../../src/accounts/users.ts";
import type { UserId } from "../../src/base/ids.ts";
import { openCloud } from "../../testing/state-cloud.ts";
import { serveState } from "../../testing/state-http.ts";
import { until } from "../../testing/until.ts";

const HOURS_S = 3_600;
const JSON_TYPE = { "content-type": "application/json" };
const SAME_ORIGIN = { "sec-fetch-site": "same-origin" };

type Headers = Readonly<Record<string, string>>;

const basic = (user: string, secret: string): Headers => ({
  authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`,
});

/** A cloud whose first user, ann, is its admin, and bob, who is none and has a key with a secret. */
async function opened(t: TestContext) {
  const cloud = await openCloud(t);
  const { store } = cloud.daemon();
  const bob = await createUser(store, "bob");
  const { url, authorizationOf, lines } = await serveState(t, cloud);
  const ask = async (path: string, headers: Headers, body?: object) => {
    const isRead = /(info|list)$/.test(path) && body === undefined;
    const answer = await fetch(url + path, {
      method: isRead ? "GET" : "POST",
      headers: { accept: "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      code: answer.headers.get("x-lodge-error"),
      cookies: answer.headers.getSetCookie(),
      text,
      body: (answer.status === 200 ? JSON.parse(text) : null) as Readonly<Record<string, unknown>>,
    };
  };
  const bobs = basic(bob.uuid, bob.secret);
  /** Begins a session with those headers; answers it, and what a page of this origin asks with from then on. */
  const begin = async (headers: Headers = bobs) => {
    const { status, cookies, text, body } = await ask("session", { ...headers, ...JSON_TYPE });
    assert.equal(status, 200, text);
    const cookie = (cookies[0] ?? "").split(";", 1)[0] ?? "";
    return { uuid: String(body.session), cookie, page: { cookie, ...SAME_ORIGIN, ...JSON_TYPE } };
  };
  const admin = { authorization: authorizationOf(cloud.user) };
  const rows = () =>
    store.snapshot((tx) => tx.selectFrom("sessions").selectAll().orderBy("serial").execute());
  /** Has the session have been used for the last time so many seconds ago. */
  const usedAgo = (uuid: string, seconds: number) =>
    store.transaction((tx) =>
      tx
        .updateTable("sessions")
        .set({ used: Math.floor(Date.now() / 1000) - seconds })
        .where("uuid", "=", uuid)
        .execute(),
    );
  const clear = `lodge-${new URL(url).port}`;
  return { cloud, store, bob, bobs, ask, begin, admin, rows, usedAgo, lines, clear };
}

type Opened = Awaited<ReturnType<typeof opened>>;

/** The status and the code that a page is answered. */
const answered = async ({ ask }: Pick<Opened, "ask">, path: string, headers: Headers, body?: object) => {
  const { status, code } = await ask(path, headers, body);
  return [status, code];
};

const OVER = [401, "credentials_wrong"];
const NOT_ASKED = [401, "credentials_missing"];

test("a session is begun with a key, and its page asks without one; of what the browser keeps the store has a digest", async (t) => {
  const { ask, bobs, bob, rows, lines, clear } = await opened(t);
  const { status, body, cookies, text } = await ask("session", { ...bobs, ...JSON_TYPE });
  assert.equal(status, 200, text);
  const [, token = "", rest] = /^lodge-\d+=([^;]*)(;.*)$/.exec(cookies[0] ?? "") ?? [];
  assert.equal(rest, "; Path=/; HttpOnly; SameSite=Strict");
  assert.equal(cookies.length, 1);
  const [user, secret = ""] = token.split(".");
  assert.deepEqual([user, secret.length], [bob.uuid, 43]);
  const stored = JSON.stringify(await rows());
  for (const place of [stored, text, lines.join("")])
    assert.ok(!place.includes(secret), "the secret is nowhere else");
  const page = { cookie: `theme=dark; ${clear}=${token}; x=1`, ...SAME_ORIGIN };
  const { body: profile } = await ask("profile/info", page);
  assert.equal(profile.user, bob.uuid);
  const { body: info } = await ask(`profile/sessions/${body.session}/info`, page);
  assert.deepEqual(info, body);
  assert.equal(info.current, "true");
  assert.equal(Number(info.expires) - Number(info.used), 12 * HOURS_S);
});

for (const [what, headers, isRead, isChange] of [
  ["nobody says whose page asks", {}, false, false],
  ["a page of another site asks", { "sec-fetch-site": "cross-site" }, false, false],
  ["a page of another origin of the site asks", { "sec-fetch-site": "same-site" }, false, false],
  ["an address is opened", { "sec-fetch-site": "none" }, false, false],
  ["a page of this origin sends JSON", { ...SAME_ORIGIN, ...JSON_TYPE }, true, true],
  [
    "a page of this origin sends JSON in a charset",
    { ...SAME_ORIGIN, "content-type": "Application/JSON; charset=utf-8" },
    true,
    true,
  ],
  ["a page of this origin sends nothing of any type", SAME_ORIGIN, true, false],
  ["a page of this origin sends text", { ...SAME_ORIGIN, "content-type": "text/plain" }, true, false],
  [
    "a page of this origin sends a form",
    { ...SAME_ORIGIN, "content-type": "application/x-www-form-urlencoded" },
    true,
    false,
  ],
  [
    "a page of this origin sends bytes for properties",
    { ...SAME_ORIGIN, "content-type": "application/octet-stream" },
    true,
    false,
  ],
] as const) {
  test(`a cookie where ${what} ${isRead ? (isChange ? "counts" : "counts for what reads alone") : "does not count"}`, async (t) => {
    const cloud = await opened(t);
    const { cookie } = await cloud.begin();
    const page = { cookie, ...headers };
    assert.deepEqual(await answered(cloud, "profile/info", page), isRead ? [200, null] : NOT_ASKED);
    const change = await answered(cloud, "profile/set", page, { name: "bob" });
    assert.deepEqual(change, isChange ? [200, null] : NOT_ASKED);
  });
}

test("bytes are written by a page of this origin as bytes, and not as what a form sends", async (t) => {
  const cloud = await opened(t);
  const { page } = await cloud.begin();
  const { body } = await cloud.ask("drives/create", page, { name: "d", size: 4096 });
  const write = `drives/${body.drive}/write`;
  const bytes = { ...page, "content-type": "application/octet-stream" };
  assert.deepEqual(await answered(cloud, write, bytes, { some: "bytes" }), [204, null]);
  for (const type of ["text/plain", "multipart/form-data; boundary=x"])
    assert.deepEqual(await answered(cloud, write, { ...page, "content-type": type }, {}), NOT_ASKED);
  await until("the write is on record", async () => {
    const events = await cloud.store.snapshot((tx) => tx.selectFrom("events").select("command").execute());
    return events.some(({ command }) => command.startsWith("drives/DRIVE/write")) ? true : null;
  });
});

test("who asks with a key is who the key says, whatever cookie comes along", async (t) => {
  const { ask, begin, admin, cloud } = await opened(t);
  const { page } = await begin();
  assert.equal((await ask("profile/info", { ...page, ...admin })).body.user, cloud.user);
  assert.equal((await ask("profile/info", { ...page, authorization: "Basic wrong" })).status, 401);
});

test("a session begins no other", async (t) => {
  const { ask, begin, rows } = await opened(t);
  const { page } = await begin();
  const { status, code, cookies } = await ask("session", page);
  assert.deepEqual([status, code, cookies], [401, "credentials_missing", []]);
  assert.equal((await rows()).length, 1);
});

test("a session that takes another's place in a browser ends that one; none ends by what another site's page asks", async (t) => {
  const cloud = await opened(t);
  const { begin, bobs, admin, rows } = cloud;
  const [first, other] = [await begin(), await begin()];
  await begin({ ...bobs, cookie: first.cookie, "sec-fetch-site": "cross-site" });
  await begin({ ...bobs, cookie: `${first.cookie.slice(0, -3)}xyz`, ...SAME_ORIGIN });
  assert.deepEqual(await answered(cloud, "profile/info", first.page), [200, null]);
  await begin({ ...admin, cookie: first.cookie, ...SAME_ORIGIN });
  assert.deepEqual(await answered(cloud, "profile/info", first.page), OVER);
  assert.deepEqual(await answered(cloud, "profile/info", other.page), [200, null]);
  assert.equal((await rows()).length, 4);
});

test("the cookie of another cloud on the same machine takes no session's place, nor ends it", async (t) => {
  const [one, other] = [await opened(t), await opened(t)];
  const { cookie, page } = await one.begin();
  const both = { ...page, cookie: `${cookie}; ${(await other.begin()).cookie}` };
  assert.equal((await one.ask("profile/info", both)).status, 200);
  const { cookies } = await other.ask("session/end", both);
  assert.ok(
    cookies.every((each) => !each.startsWith(cookie.split("=")[0] ?? "")),
    String(cookies),
  );
});

test("where a browser speaks TLS its cookie is for this host alone, and never sent in clear", async (t) => {
  const { ask, bobs, clear } = await opened(t);
  const { cookies } = await ask("session", { ...bobs, ...JSON_TYPE, origin: "https://cloud.example" });
  const [, token] =
    /^__Host-lodge=([^;]+); Secure; Path=\/; HttpOnly; SameSite=Strict$/.exec(cookies[0] ?? "") ?? [];
  assert.ok(token, String(cookies));
  assert.equal((await ask("profile/info", { ...SAME_ORIGIN, cookie: `__Host-lodge=${token}` })).status, 200);
  // A cookie that another page of the host has set without TLS does not take its place.
  const both = `${clear}=${token.slice(0, -1)}; __Host-lodge=${token}`;
  assert.equal((await ask("profile/info", { ...SAME_ORIGIN, cookie: both })).status, 200);
});

test("lists answer sessions by their uuids, oldest first, and infos each as its own", async (t) => {
  const { ask, begin, bobs, admin } = await opened(t);
  assert.deepEqual((await ask("profile/sessions/list", bobs)).body, []);
  const [first, second] = [await begin(), await begin()];
  const uuids = [{ session: first.uuid }, { session: second.uuid }];
  assert.deepEqual((await ask("profile/sessions/list", second.page)).body, uuids);
  assert.deepEqual((await ask("profile/sessions/list", admin)).body, []);
  const infos = (await ask("profile/sessions/info", second.page)).body as unknown as Readonly<
    Record<string, unknown>
  >[];
  assert.deepEqual(
    infos.map(({ session }) => session),
    [first.uuid, second.uuid],
  );
  assert.deepEqual(
    infos.map(({ current }) => current),
    [undefined, "true"],
  );
  const keys = (await ask("profile/keys/list", bobs)).body as unknown as readonly { key: string }[];
  for (const { key, address, created, used, expires } of infos) {
    assert.deepEqual([key, address], [keys[0]?.key, "127.0.0.1"]);
    assert.ok(
      Math.abs(Number(created) - Date.now() / 1000) < 60 &&
        used === created &&
        Number(expires) > Number(used),
    );
  }
});

test("a session ends by itself when nobody has used it for twelve hours, and not while somebody does", async (t) => {
  const cloud = await opened(t);
  const { page, uuid } = await cloud.begin();
  await cloud.usedAgo(uuid, 12 * HOURS_S - 60);
  assert.deepEqual(await answered(cloud, "profile/info", page), [200, null]);
  const other = await cloud.begin();
  await cloud.usedAgo(other.uuid, 12 * HOURS_S);
  assert.deepEqual(await answered(cloud, "profile/info", other.page), OVER);
  const { body } = await cloud.ask("profile/sessions/list", cloud.bobs);
  assert.ok(!JSON.stringify(body).includes(other.uuid), "one that is over is not listed");
});

for (const [what, end] of [
  ["its page ends it", ({ ask }, { page }) => ask("session/end", page)],
  [
    "another of the account ends it",
    async ({ ask, begin }, { uuid }) => ask(`profile/sessions/${uuid}/destroy`, (await begin()).page),
  ],
  ["its key is ended", ({ ask, bobs }, { key }) => ask(`profile/keys/${key}/destroy`, bobs)],
  [
    "its account is suspended",
    ({ ask, admin, bob }) => ask(`accounts/${bob.uuid}/suspend`, { ...admin, ...JSON_TYPE }, { reason: "x" }),
  ],
  [
    "its account is closed",
    ({ ask, admin, bob }) =>
      ask(`accounts/${bob.uuid}/close`, { ...admin, ...JSON_TYPE }, { everything: "true" }),
  ],
] as readonly (readonly [
  string,
  (
    cloud: Opened,
    session: Awaited<ReturnType<Opened["begin"]>> & { key: string },
  ) => Promise<{ status: number; text: string }>,
])[]) {
  test(`a session that was just used opens nothing from the moment at which ${what}`, async (t) => {
    const cloud = await opened(t);
    const made = await cloud.ask("profile/keys/create", { ...cloud.bobs, ...JSON_TYPE }, { name: "second" });
    const { key, secret } = made.body;
    const session = { ...(await cloud.begin(basic(cloud.bob.uuid, String(secret)))), key: String(key) };
    for (let asked = 0; asked < 2; asked++)
      assert.deepEqual(await answered(cloud, "profile/info", session.page), [200, null]);
    const { status, text } = await end(cloud, session);
    assert.equal(status, 204, text);
    assert.deepEqual(await answered(cloud, "profile/info", session.page), OVER);
    const left = (await cloud.rows()).filter(({ uuid }) => uuid === session.uuid);
    assert.deepEqual(left, [], "nothing of it is left");
  });
}

test("a session whose key ends by itself ends with that", async (t) => {
  const cloud = await opened(t);
  const { body } = await cloud.ask(
    "profile/keys/create",
    { ...cloud.bobs, ...JSON_TYPE },
    { name: "second" },
  );
  const { page } = await cloud.begin(basic(cloud.bob.uuid, String(body.secret)));
  await cloud.store.transaction((tx) =>
    tx.updateTable("api_keys").set({ expires: 1 }).where("uuid", "=", String(body.key)).execute(),
  );
  assert.deepEqual(await answered(cloud, "profile/info", page), OVER);
});

test("a page that ends its session has its browser forget it, by whichever name", async (t) => {
  const { ask, begin, bobs, clear } = await opened(t);
  const { page } = await begin();
  const { cookies } = await ask("session/end", page);
  const over = "Path=/; HttpOnly; SameSite=Strict; Max-Age=0";
  assert.deepEqual(cookies, [`__Host-lodge=; Secure; ${over}`, `${clear}=; ${over}`]);
  assert.equal((await ask("session/end", { ...bobs, ...JSON_TYPE })).status, 204);
});

test("a session opens what its key opens, and ends none that opens more", async (t) => {
  const cloud = await opened(t);
  const narrow = async (scope: string) => {
    const { body } = await cloud.ask(
      "profile/keys/create",
      { ...cloud.bobs, ...JSON_TYPE },
      { name: scope, scope },
    );
    return cloud.begin(basic(cloud.bob.uuid, String(body.secret)));
  };
  const wide = await cloud.begin();
  const reader = await narrow("read");
  assert.deepEqual(await answered(cloud, "drives/list", reader.page), [200, null]);
  assert.deepEqual(await answered(cloud, "profile/set", reader.page, { name: "b" }), [404, "outside_scope"]);
  const profile = await narrow("profile");
  assert.deepEqual(await answered(cloud, "drives/list", profile.page), [404, "outside_scope"]);
  const destroy = `profile/sessions/${wide.uuid}/destroy`;
  assert.deepEqual(await answered(cloud, destroy, profile.page), [404, "outside_scope"]);
  assert.deepEqual(await answered(cloud, "profile/info", wide.page), [200, null]);
  assert.deepEqual(await answered(cloud, "session/end", reader.page), [204, null]);
});

test("another's session is answered as one that is not there", async (t) => {
  const cloud = await opened(t);
  const { uuid } = await cloud.begin();
  const eve = await createUser(cloud.store, "eve");
  const eves = { ...basic(eve.uuid, eve.secret), ...JSON_TYPE };
  for (const what of ["info", "destroy"]) {
    const nobodys = "00000000-0000-4000-8000-000000000000";
    const [of, none] = await Promise.all(
      [uuid, nobodys].map((each) => cloud.ask(`profile/sessions/${each}/${what}`, eves)),
    );
    assert.equal(of?.status, 404);
    assert.equal(of?.text.replace(uuid, nobodys), none?.text);
  }
  const foreign = { ...(await cloud.begin(eves)).page };
  const { cookie } = await cloud.begin();
  const [, secret = ""] = cookie.split(".");
  assert.deepEqual(
    await answered(cloud, "profile/info", { ...foreign, cookie: `${cloud.clear}=${eve.uuid}.${secret}` }),
    OVER,
  );
});

test("an account has fifty sessions: of more, the one that was used longest ago ends", async (t) => {
  const cloud = await opened(t);
  const [first, second] = [await cloud.begin(), await cloud.begin()];
  await cloud.usedAgo(second.uuid, 60);
  for (let count = 2; count < 51; count++) await cloud.begin();
  assert.deepEqual(await answered(cloud, "profile/info", second.page), OVER);
  assert.deepEqual(await answered(cloud, "profile/info", first.page), [200, null]);
  assert.equal((await cloud.rows()).length, 50);
});

test("a code begins one session, whoever comes with it at once, and opens nothing else", async (t) => {
  const cloud = await opened(t);
  const code = await makeSessionCode(cloud.store, cloud.bob.uuid);
  const bearer = { authorization: `Bearer ${code}`, ...JSON_TYPE };
  assert.deepEqual(await answered(cloud, "profile/info", bearer), [401, "credentials_malformed"]);
  const stored = await cloud.store.snapshot((tx) => tx.selectFrom("session_codes").selectAll().execute());
  assert.ok(!JSON.stringify(stored).includes(code.split(".")[1] ?? ""), "of a code the store has a digest");
  const both = await Promise.all([cloud.ask("session", bearer), cloud.ask("session", bearer)]);
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 401]);
  assert.equal((await cloud.rows()).length, 1);
  assert.deepEqual(await answered(cloud, "session", bearer), OVER);
});

test("of two who were let in with one code before either began a session, one has it", async (t) => {
  const { store, bob, rows } = await opened(t);
  const [user, secret = ""] = (await makeSessionCode(store, bob.uuid)).split(".");
  const login = await new Logins(store, assert.ifError).authenticate(String(user), secret, "code");
  assert.ok(login?.by?.code);
  await beginSession(store, login, "192.0.2.7", null);
  await assert.rejects(beginSession(store, login, "192.0.2.7", null), { code: "credentials_wrong" });
  assert.equal((await rows()).length, 1);
});

test("a code that is over begins nothing, and ends no session that its browser has", async (t) => {
  const cloud = await opened(t);
  const { begin, store, bob, rows } = cloud;
  const { page, cookie } = await begin();
  const bearer = { authorization: `Bearer ${await makeSessionCode(store, bob.uuid)}`, ...JSON_TYPE };
  assert.deepEqual(await answered(cloud, "session", bearer), [200, null]);
  const again = await cloud.ask("session", { ...bearer, cookie, ...SAME_ORIGIN });
  assert.deepEqual([again.status, again.code, again.cookies], [...OVER, []]);
  assert.deepEqual(await answered(cloud, "profile/info", page), [200, null]);
  assert.equal((await rows()).length, 2);
});

test("a code is over after ten minutes, with its key and its account, and an account has ten", async (t) => {
  const cloud = await opened(t);
  const bearer = (code: string) => ({ authorization: `Bearer ${code}`, ...JSON_TYPE });
  const codes: string[] = [];
  for (let count = 0; count < 11; count++) codes.push(await makeSessionCode(cloud.store, cloud.bob.uuid));
  assert.deepEqual(await answered(cloud, "session", bearer(codes[0] ?? "")), OVER);
  assert.deepEqual(await answered(cloud, "session", bearer(codes[1] ?? "")), [200, null]);
  const expires = Math.floor(Date.now() / 1000);
  const [row] = await cloud.store.snapshot((tx) =>
    tx.selectFrom("session_codes").selectAll().limit(1).execute(),
  );
  assert.ok(Math.abs(Number(row?.expires) - expires - 600) < 60);
  await cloud.store.transaction((tx) => tx.updateTable("session_codes").set({ expires }).execute());
  assert.deepEqual(await answered(cloud, "session", bearer(codes[2] ?? "")), OVER);
  const last = await makeSessionCode(cloud.store, cloud.bob.uuid);
  await cloud.ask(`accounts/${cloud.bob.uuid}/suspend`, { ...cloud.admin, ...JSON_TYPE }, { reason: "x" });
  assert.deepEqual(await answered(cloud, "session", bearer(last)), OVER);
  await assert.rejects(makeSessionCode(cloud.store, "00000000-0000-4000-8000-000000000000" as UserId), {
    code: "no_such_user",
  });
});
