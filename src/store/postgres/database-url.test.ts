import assert from "node:assert/strict";
import { userInfo } from "node:os";
import { test } from "node:test";
import { parseDatabaseUrl } from "./database-url.ts";

const DEFAULTS = { sessionAttributes: "read-write", tls: "prefer", rootCertificates: null };

for (const [text, expected] of [
  [
    "postgres://ann:s%40%2Fe@db1:6432,db2,[::1]:7/lodge?sslmode=require&target_session_attrs=any",
    {
      addresses: [
        { host: "db1", port: 6432 },
        { host: "db2", port: 5432 },
        { host: "::1", port: 7 },
      ],
      ...{ user: "ann", password: "s@/e", database: "lodge" },
      ...{ sessionAttributes: "any", tls: "require", rootCertificates: null },
    },
  ],
  [
    "postgresql://ann@db",
    { addresses: [{ host: "db", port: 5432 }], user: "ann", password: "", database: "ann", ...DEFAULTS },
  ],
  [
    "postgres:///lodge?host=/var/run/postgresql",
    {
      addresses: [{ path: "/var/run/postgresql/.s.PGSQL.5432" }],
      ...{ user: userInfo().username, password: "", database: "lodge", ...DEFAULTS },
    },
  ],
] as const) {
  test(`${text} is read as libpq reads it`, () => assert.deepEqual(parseDatabaseUrl(text), expected));
}

for (const [text, message] of [
  ["mysql://h/d", /postgres:\/\//],
  ["lodge.db", /postgres:\/\//],
  ["postgres://h:0/d", /HOST:PORT/],
  ["postgres://a b/d", /HOST:PORT/],
  ["postgres:///d", /HOST:PORT/],
  ["postgres://h/d?host=/run", /host=\/FOLDER/],
  ["postgres://h/d?sslmode=maybe", /sslmode.*verify-full/],
  ["postgres://h/d?target_session_attrs=standby", /read-write/],
  ["postgres://h/d?sslrootcert=/nowhere/at/all", /sslrootcert/],
  ["postgres://h/d?pool=1", /pool/],
  ["postgres://h/%zz", /%25/],
] as const) {
  test(`${text} is refused with a sentence that helps`, () => {
    assert.throws(() => parseDatabaseUrl(text), { type: "usage", message });
  });
}
