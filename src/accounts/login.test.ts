import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Engine, freshStore, lacking } from "../../testing/stores.ts";
import { withTransactions } from "../../testing/transactions.ts";
import { until } from "../../testing/until.ts";
import { CLOUD_USER } from "../base/ids.ts";
import { AnonymousRates } from "../http/anonymous-rates.ts";
import { Credentials } from "../http/credentials.ts";
import { FailedLogins } from "../http/failed-logins.ts";
import type { Store } from "../store/store.ts";
import { accountChanged } from "./changed.ts";
import { Logins } from "./login.ts";
import { createUser } from "./users.ts";

const HOUR_MS = 3_600_000;

async function fixture(t: TestContext, engine: Engine) {
  const store = await (await freshStore(t, engine))();
  t.after(() => store.close());
  const clock = { ms: 500_000 * HOUR_MS + 1_234_000 };
  const troubles: unknown[] = [];
  const logins = new Logins(
    store,
    (error) => troubles.push(error),
    () => clock.ms,
  );
  return { store, logins, clock, troubles, ann: await createUser(store, "ann") };
}

const keys = (store: Store) =>
  store.snapshot((tx) => tx.selectFrom("api_keys").selectAll().orderBy("serial").execute());

const change = (store: Store, columns: { scope?: string; expires?: number; used?: number }) =>
  store.transaction((tx) => tx.updateTable("api_keys").set(columns).execute());

for (const engine of ["sqlite", "postgres"] as const) {
  const options = { skip: lacking(engine) };

  test(`a key opens its account with its secret alone, on ${engine}`, options, async (t) => {
    const { store, logins, ann } = await fixture(t, engine);
    const { uuid: bob } = await createUser(store, "bob");
    const [key] = await keys(store);
    assert.deepEqual(await logins.authenticate(ann.uuid.toUpperCase(), ann.secret), {
      ...{ user: ann.uuid, role: "admin", key: key?.uuid, scope: "all", expiresMs: null },
    });
    assert.equal(key?.hint, ann.secret.slice(-4));
    for (const [user, secret] of [
      [bob, ann.secret],
      [ann.uuid, `${ann.secret} `],
      [ann.uuid, ""],
      [ann.uuid, key?.sha256 ?? ""],
      [CLOUD_USER, ""],
      ["ann", ann.secret],
    ] as const) {
      assert.equal(await logins.authenticate(user, secret), null, `${user} ${secret}`);
    }
  });

  test(`a key has expired from the very second that it names, on ${engine}`, options, async (t) => {
    const { store, logins, clock, ann } = await fixture(t, engine);
    await change(store, { expires: clock.ms / 1000 + 1, scope: "servers drives" });
    const login = await logins.authenticate(ann.uuid, ann.secret);
    assert.deepEqual([login?.expiresMs, login?.scope], [clock.ms + 1000, ["drives", "servers"]]);
    clock.ms += 1_000;
    assert.equal(await logins.authenticate(ann.uuid, ann.secret), null);
  });

  test(`a key whose scope is damaged opens nothing, on ${engine}`, options, async (t) => {
    const { store, logins, ann } = await fixture(t, engine);
    await change(store, { scope: "everything" });
    assert.deepEqual((await logins.authenticate(ann.uuid, ann.secret))?.scope, []);
  });

  test(`the use of a key is written once an hour, on ${engine}`, options, async (t) => {
    const { store, logins, clock, ann } = await fixture(t, engine);
    await logins.authenticate(ann.uuid, `${ann.secret}x`);
    await logins.flush();
    assert.equal((await keys(store))[0]?.used, null, "a login that failed is no use");
    let writes = 0;
    const counted = withTransactions(store, (work, options) => {
      writes++;
      return store.transaction(work, options);
    });
    const again = new Logins(counted, assert.ifError, () => clock.ms);
    for (let asked = 0; asked < 3; asked++) await again.authenticate(ann.uuid, ann.secret);
    await again.flush();
    assert.deepEqual([(await keys(store))[0]?.used, writes], [(500_000 * HOUR_MS) / 1000, 1]);
    clock.ms = 500_001 * HOUR_MS - 1;
    await again.authenticate(ann.uuid, ann.secret);
    await again.flush();
    assert.equal(writes, 1, "within the hour nothing is written");
    clock.ms += 1;
    await again.authenticate(ann.uuid, ann.secret);
    await again.flush();
    assert.deepEqual([(await keys(store))[0]?.used, writes], [(500_001 * HOUR_MS) / 1000, 2]);
  });

  test(`who listens for an account hears of its changes alone, on ${engine}`, options, async (t) => {
    const { store, logins, ann } = await fixture(t, engine);
    const { uuid: bob } = await createUser(store, "bob");
    let heard = 0;
    const endListening = logins.onChange(ann.uuid, () => heard++);
    accountChanged(store, bob);
    assert.equal(heard, 0);
    accountChanged(store, ann.uuid);
    assert.equal(heard, 1);
    endListening();
    accountChanged(store, ann.uuid);
    assert.equal(heard, 1);
    assert.deepEqual(await logins.find(ann.uuid.toUpperCase()), { user: ann.uuid, role: "admin" });
    assert.deepEqual(await logins.find(bob), { user: bob, role: "user" });
    for (const nobody of [CLOUD_USER, "x", ""]) assert.equal(await logins.find(nobody), null);
  });
}

test("a process forgets what it remembers of an account that another process has changed", {
  skip: lacking("postgres"),
}, async (t) => {
  const openStore = await freshStore(t, "postgres");
  const [one, other] = [await openStore(), await openStore()];
  const { uuid, secret } = await createUser(one, "ann");
  const logins = new Logins(other, assert.ifError);
  t.after(async () => {
    await logins.flush();
    await Promise.all([one.close(), other.close()]);
  });
  // By a clock that stands still nothing is forgotten of its own.
  const credentials = new Credentials(
    logins,
    { anonymous: new AnonymousRates(10, undefined), failed: new FailedLogins(10, undefined, 0) },
    () => 0,
  );
  const header = `Basic ${Buffer.from(`${uuid}:${secret}`).toString("base64")}`;
  await until("rings are heard", async () => {
    await credentials.verify(header, "192.0.2.1");
    accountChanged(one, uuid);
    for (let tries = 0; tries < 50 && credentials.recall(header) !== null; tries++) await delay(10);
    return credentials.recall(header) === null ? true : null;
  });
  await credentials.verify(header, "192.0.2.1");
  await one.transaction((tx) => tx.deleteFrom("api_keys").execute());
  accountChanged(one, uuid);
  await until("it is forgotten", async () => (credentials.recall(header) === null ? true : null));
  await assert.rejects(credentials.verify(header, "192.0.2.1"), { code: "credentials_wrong" });
});
