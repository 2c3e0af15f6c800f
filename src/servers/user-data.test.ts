import assert from "node:assert/strict";
import { test } from "node:test";
import { readInput } from "../api/input.ts";
import { openKeyring } from "../base/keyring.ts";
import { SERVER_KEYS } from "./keys.ts";
import { splitUserData, userDataColumns, userDataIn } from "./user-data.ts";

const LEAST = { name: "s", cpu: 1, mem: 32 };
const SECRET = "h0rse-b4ttery";

const read = (value: string) =>
  splitUserData(readInput(SERVER_KEYS, new Map(Object.entries({ ...LEAST, "user-data": value })), "create"));

for (const value of [
  "#cloud-config\\npackages: [ nginx ]\\n",
  "#!/bin/sh\\nprintf 'a\\\\n'\\n",
  "#include https://example.com/",
  "## template: jinja\\n#cloud-config\\n{}",
  "Content-Type: multipart/mixed; boundary=x\\nMIME-Version: 1.0\\n\\n--x--\\n",
]) {
  test(`user-data may be ${value}`, () => {
    assert.equal(read(value).userData, value);
  });
}

test("it is no part of the configuration", () => {
  assert.deepEqual([...read("#!/bin/sh").changes.keys()], ["name", "cpu", "mem"]);
});

const ILL: readonly (readonly [what: string, value: string, says: RegExp])[] = [
  ["text that cloud-init would pass over", `echo ${SECRET}`, /not text that begins with something else$/],
  ["a blank line before it", `\\n#cloud-config ${SECRET}`, /begins with something else$/],
  ["more than 16 KiB", `#${SECRET}${"x".repeat(16 * 1024 - SECRET.length)}`, /not 16385 bytes$/],
  ["more than 16 KiB in UTF-8", `#${SECRET}${"ö".repeat(8 * 1024)}`, /not 16398 bytes$/],
  ["more than that can be, escaped", `#${SECRET}${"\\\\".repeat(16 * 1024)}`, /not 16398 bytes$/],
];

for (const [what, value, says] of ILL) {
  test(`user-data refuses ${what}, and repeats nothing of it`, () => {
    assert.throws(
      () => read(value),
      ({ message }: Error) => {
        assert.match(message, /^user-data takes text of at most 16384 bytes/);
        assert.match(message, says);
        return !message.includes(SECRET);
      },
    );
  });
}

test("16 KiB are taken, whatever they take escaped", () => {
  assert.ok(read(`#${"\\n".repeat(16 * 1024 - 1)}`).userData);
});

test("it is kept wrapped, for its own server, with its length; and unset leaves nothing", () => {
  const keyring = openKeyring(Buffer.alloc(32, 1));
  const columns = userDataColumns(keyring, "one", "#!/bin/sh\\necho ö");
  assert.equal(columns.user_data_bytes, 17);
  assert.ok(!columns.wrapped_secret?.includes("echo"));
  assert.equal(userDataIn(keyring, "one", columns), "#!/bin/sh\necho ö");
  assert.throws(() => userDataIn(keyring, "other", columns));
  const none = userDataColumns(keyring, "one", null);
  assert.deepEqual(none, { wrapped_secret: null, user_data_bytes: null });
  assert.equal(userDataIn(keyring, "one", none), null);
});

test("one that a backup left out is told, not passed over", () => {
  const keyring = openKeyring(Buffer.alloc(32, 1));
  assert.throws(() => userDataIn(keyring, "one", { wrapped_secret: null, user_data_bytes: 9 }), {
    code: "user_data_lost",
    key: "user-data",
  });
});
