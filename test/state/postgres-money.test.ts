/** The state tests once more, on PostgreSQL: what is counted and charged, and who is told. */
import { stateOnPostgres } from "../../testing/state-on-postgres.ts";

await stateOnPostgres([
  () => import("./use.test.ts"),
  () => import("./transfers.test.ts"),
  () => import("../../src/servers/transfer-readings.test.ts"),
  () => import("./coverage.test.ts"),
  () => import("./funds.test.ts"),
  () => import("./invoices.test.ts"),
  () => import("./webhooks.test.ts"),
]);
