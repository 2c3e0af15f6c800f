/** The state tests once more, on PostgreSQL: accounts, their sessions and bounds, and what they asked before. */
import { stateOnPostgres } from "../../testing/state-on-postgres.ts";

await stateOnPostgres([
  () => import("./accounts.test.ts"),
  () => import("./sessions.test.ts"),
  () => import("./audit.test.ts"),
  () => import("./limits.test.ts"),
  () => import("./idempotency.test.ts"),
  () => import("./keys.test.ts"),
  () => import("./cloud.test.ts"),
]);
