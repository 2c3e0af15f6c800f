/** The state tests once more, on PostgreSQL. */
import { test } from "node:test";
import { chooseEngine, lacking } from "../../testing/stores.ts";

const lack = lacking("postgres");
if (lack !== false) test("the state tests hold on PostgreSQL", { skip: lack });
else {
  chooseEngine("postgres");
  await import("./claims.test.ts");
  await import("./cut-off.test.ts");
  await import("./keys.test.ts");
  await import("./lifecycle.test.ts");
  await import("./server-faults.test.ts");
  await import("./server-ends.test.ts");
  await import("./server-changes.test.ts");
  await import("./server-records.test.ts");
  await import("./drives.test.ts");
  await import("./imaging.test.ts");
  await import("./reader-imagings.test.ts");
  await import("./idempotency.test.ts");
  await import("./resources.test.ts");
  await import("./limits.test.ts");
  await import("./accounts.test.ts");
  await import("./audit.test.ts");
  await import("./use.test.ts");
  await import("./webhooks.test.ts");
  await import("./funds.test.ts");
  await import("./invoices.test.ts");
  await import("./long-lists.test.ts");
  await import("./two-daemons.test.ts");
}
