import assert from "node:assert/strict";
import { test } from "node:test";
import { overriding } from "../../../testing/overriding.ts";
import { freshDatabase, lacking } from "../../../testing/stores.ts";
import { takeNamedLock } from "./advisory-locks.ts";
import { Connector } from "./connector.ts";
import { parseDatabaseUrl } from "./database-url.ts";

test("a lock is free by its server's word before its session ends", {
  skip: lacking("postgres"),
}, async (t) => {
  const connector = new Connector(parseDatabaseUrl(await freshDatabase()));
  const other = await connector.open({ statementTimeoutMs: 5000 });
  t.after(() => other.end());
  const held = async () => {
    const [row] = await other.rows<{ held: number }>(
      `select count(*)::int as held from pg_locks join pg_database d on d.oid = pg_locks.database
        where locktype = 'advisory' and granted and datname = current_database()`,
    );
    return row?.held;
  };
  let heldAtEnd: number | undefined;
  const observed = overriding(connector, {
    async open(options) {
      const session = await connector.open(options);
      const end = async () => {
        heldAtEnd = await held();
        await session.end();
      };
      return overriding(session, { end });
    },
  });
  const lock = await takeNamedLock(observed, "lodge");
  assert.equal(await held(), 1);
  await lock?.release();
  assert.equal(heldAtEnd, 0);
});
