/** Statements that are compiled once for each number of rows or values. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ENGINES, freshStore, lacking } from "../../testing/stores.ts";
import { AuditedStore } from "../audit/audited-store.ts";
import { inChange } from "../audit/event.ts";
import { statementOfMany, statementOfValues } from "./statement.ts";
import type { QueryParams } from "./store.ts";

type User = { readonly uuid: string; readonly name: string };

const add = statementOfMany<User, { created: number }, unknown>((db, users, param) =>
  db.insertInto("users").values(users.map((user) => ({ ...user, created: param("created") }))),
);

const namesOf = statementOfValues<QueryParams, { name: string }>((db, uuids) =>
  db.selectFrom("users").select("name").where("uuid", "in", uuids).orderBy("name"),
);

const users = (count: number, from: string) =>
  Array.from({ length: count }, (_, at) => ({ uuid: `${from}${at}`, name: `${from}${at}` }));

for (const engine of ENGINES) {
  describe(`a statement of many on ${engine}`, { skip: lacking(engine) }, () => {
    test("takes each row's own values, however many there are and were", async (t) => {
      const store = await (await freshStore(t, engine))();
      t.after(() => store.close());
      for (const [from, count] of [
        ["a", 2],
        ["b", 40],
        ["c", 2],
        ["d", 1],
      ] as const) {
        const some = users(count, from);
        await store.transaction((tx) => add(tx, some, { created: 5 }));
        const uuids = some.map(({ uuid }) => uuid);
        const { rows } = await store.snapshot((tx) => namesOf(tx, uuids, {}));
        assert.deepEqual(rows.map(({ name }) => name).sort(), some.map(({ name }) => name).sort());
      }
      await assert.rejects(
        store.snapshot(async (tx) => namesOf(tx, [], {})),
        RangeError,
      );
    });

    test("is a change of the command in whose name it writes", async (t) => {
      const store = await (await freshStore(t, engine))();
      t.after(() => store.close());
      const asked = { user: "", actor: "", key: "", address: "", command: "accounts/create", object: "" };
      const change = { asked, made: null, hasBegun: false, isRecorded: false, isOpen: true };
      const audited = new AuditedStore(store);
      await inChange(change, async () => {
        await audited.transaction((tx) => namesOf(tx, ["none"], {}));
        assert.equal(change.isRecorded, false);
        await audited.transaction((tx) => add(tx, users(1, "e"), { created: 5 }));
        assert.equal(change.isRecorded, true);
      });
    });
  });
}
