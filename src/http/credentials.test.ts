import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, loginOf } from "../../testing/http/accounts.ts";
import type { UserId } from "../base/ids.ts";
import { AnonymousRates } from "./anonymous-rates.ts";
import { Credentials } from "./credentials.ts";
import { FailedLogins } from "./failed-logins.ts";

const ADDRESS = "192.0.2.1";
const USER = callerOf("user" as UserId);

const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

/** Credentials over a table of secrets, under a clock of the test's own. */
function openCredentials() {
  const secrets = new Map([["user", "secret"]]);
  const asked: string[] = [];
  const clock = { ms: 0 };
  const listeners = new Set<readonly [user: UserId, listener: () => void]>();
  const accounts = {
    async authenticate(user: string, secret: string) {
      asked.push(user);
      return secrets.get(user) === secret ? loginOf(user as UserId) : null;
    },
    onChange(user: UserId, listener: () => void) {
      const entry = [user, listener] as const;
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
  };
  const credentials = new Credentials(
    accounts,
    { anonymous: new AnonymousRates(1_000, undefined), failed: new FailedLogins(1_000, undefined, 0) },
    () => clock.ms,
  );
  const change = (changed: string) => {
    for (const [user, listener] of listeners) if (user === changed) listener();
  };
  return { credentials, secrets, asked, clock, accounts, listeners, change };
}

test("a header that passed is remembered for five seconds, and not a moment longer", async () => {
  const { credentials, clock } = openCredentials();
  const header = basic("user:secret");
  assert.equal(credentials.recall(header), null);
  assert.deepEqual(await credentials.verify(header, ADDRESS), USER);
  clock.ms = 4_999;
  assert.deepEqual(credentials.recall(header), USER);
  clock.ms = 5_000;
  assert.equal(credentials.recall(header), null);
});

test("being recalled does not make a header be remembered for longer", async () => {
  const { credentials, clock } = openCredentials();
  const header = basic("user:secret");
  await credentials.verify(header, ADDRESS);
  for (clock.ms = 1_000; clock.ms < 5_000; clock.ms += 1_000) credentials.recall(header);
  clock.ms = 5_001;
  assert.equal(credentials.recall(header), null);
});

test("a refusal is not remembered, and what is remembered is the very header", async () => {
  const { credentials, asked } = openCredentials();
  for (const secret of ["wrong", "wrong"]) {
    await assert.rejects(credentials.verify(basic(`user:${secret}`), ADDRESS), {
      type: "auth",
      code: "credentials_wrong",
    });
  }
  assert.equal(asked.length, 2);
  await credentials.verify(basic("user:secret"), ADDRESS);
  assert.equal(credentials.recall(basic("user:wrong")), null);
  assert.equal(credentials.recall(undefined), null);
});

test("1024 headers are remembered at most, and those verified last", async () => {
  const { credentials, secrets } = openCredentials();
  const headers = Array.from({ length: 1025 }, (_, index) => basic(`user${index}:s`));
  for (let index = 0; index < headers.length; index++) secrets.set(`user${index}`, "s");
  for (const header of headers.slice(0, 1024)) await credentials.verify(header, ADDRESS);
  // Verified anew, the first of them is no longer the oldest.
  await credentials.verify(headers[0], ADDRESS);
  await credentials.verify(headers[1024], ADDRESS);
  const recalled = headers.map((header) => credentials.recall(header) !== null);
  assert.deepEqual(
    recalled.flatMap((isThere, index) => (isThere ? [] : [index])),
    [1],
  );
});

test("of one user 16 headers are remembered at most, whatever ways they write their credentials in", async () => {
  const { credentials, secrets } = openCredentials();
  secrets.set("other", "s");
  await credentials.verify(basic("other:s"), ADDRESS);
  const headers = Array.from({ length: 20 }, (_, index) => `${basic("user:secret")}${" ".repeat(index)}`);
  for (const header of headers) await credentials.verify(header, ADDRESS);
  const recalled = headers.map((header) => credentials.recall(header) !== null);
  assert.deepEqual(recalled, [...new Array(4).fill(false), ...new Array(16).fill(true)]);
  assert.notEqual(credentials.recall(basic("other:s")), null, "another user's stays");
});

test("a header that is longer than any client writes it is right, and not remembered", async () => {
  const { credentials } = openCredentials();
  const long = `${basic("user:secret")}${" ".repeat(300)}`;
  assert.deepEqual(await credentials.verify(long, ADDRESS), USER);
  assert.equal(credentials.recall(long), null);
});

/** Another user, whose credentials are UUIDs as those of all users are. */
const ANN = "6e9b1d2f-3a45-4c7b-8e2d-8f6c4a9b0d31";

test("what is remembered of a user is forgotten at once when their account changes, and another's is not", async () => {
  const { credentials, secrets, change, listeners } = openCredentials();
  secrets.set(ANN, "s");
  const headers = [basic(`${ANN}:s`), `${basic(`${ANN}:s`)} `];
  for (const header of headers) await credentials.verify(header, ADDRESS);
  await credentials.verify(basic("user:secret"), ADDRESS);
  change(ANN);
  assert.deepEqual(
    headers.map((header) => credentials.recall(header)),
    [null, null],
  );
  assert.notEqual(credentials.recall(basic("user:secret")), null);
  change("user");
  assert.equal(listeners.size, 0, "nobody is listened for of whom nothing is remembered");
});

test("what changed while it was verified is not remembered", async () => {
  const { credentials, secrets, accounts, change } = openCredentials();
  secrets.set(ANN, "s");
  const { authenticate } = accounts;
  accounts.authenticate = async (user, secret) => {
    const login = await authenticate(user, secret);
    change(user);
    return login;
  };
  await credentials.verify(basic(`${ANN}:s`), ADDRESS);
  assert.equal(credentials.recall(basic(`${ANN}:s`)), null);
});

test("a header is remembered no longer than its key opens anything", async () => {
  const { credentials, accounts, clock } = openCredentials();
  accounts.authenticate = async (user) => ({ ...loginOf(user as UserId), expiresMs: Date.now() + 1_000 });
  await credentials.verify(basic("user:secret"), ADDRESS);
  assert.notEqual(credentials.recall(basic("user:secret")), null);
  clock.ms = 1_000;
  assert.equal(credentials.recall(basic("user:secret")), null);
});

const malformed: readonly [what: string, header: string | undefined, code: string][] = [
  ["no header", undefined, "credentials_missing"],
  ["an empty header", "", "credentials_malformed"],
  ["another scheme", "Bearer secret", "credentials_malformed"],
  ["no colon", basic("user"), "credentials_malformed"],
  ["characters that are not base64", "Basic us*er", "credentials_malformed"],
];
for (const [what, header, code] of malformed) {
  test(`${what} is refused before any secret is compared`, async () => {
    const { credentials, asked } = openCredentials();
    await assert.rejects(credentials.verify(header, ADDRESS), { type: "auth", code });
    assert.deepEqual(asked, []);
  });
}

test("a secret may hold colons, and the scheme may be in either case", async () => {
  const { credentials, secrets } = openCredentials();
  secrets.set("user", "a:b");
  assert.deepEqual(await credentials.verify(basic("user:a:b").replace("Basic", "bAsIc "), ADDRESS), USER);
});
