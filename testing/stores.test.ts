import assert from "node:assert/strict";
import { test } from "node:test";
import { createUser } from "../src/accounts/users.ts";
import { freshStore, lacking } from "./stores.ts";

test("what a test leaves in PostgreSQL the next one does not find, and what migrations wrote it does", {
  skip: lacking("postgres"),
}, async (t) => {
  const seen: unknown[] = [];
  for (const name of ["ann", "bob"]) {
    await t.test(`a test makes ${name}`, async (t) => {
      const store = await (await freshStore(t, "postgres"))();
      t.after(() => store.close());
      seen.push(
        await store.snapshot(async (tx) => ({
          users: await tx.selectFrom("users").selectAll().execute(),
          hosts: await tx.selectFrom("hosts").selectAll().execute(),
        })),
      );
      await createUser(store, name);
      await store.transaction((tx) => tx.deleteFrom("hosts").execute());
    });
  }
  const [first, second] = seen;
  assert.deepEqual(second, first);
  assert.ok((first as { hosts: unknown[] }).hosts.length > 0);
});
