/** The state tests once more, on PostgreSQL: servers, and two daemons. */
import { stateOnPostgres } from "../../testing/state-on-postgres.ts";

await stateOnPostgres([
  () => import("./claims.test.ts"),
  () => import("./lifecycle.test.ts"),
  () => import("./server-faults.test.ts"),
  () => import("./server-ends.test.ts"),
  () => import("./server-changes.test.ts"),
  () => import("./server-records.test.ts"),
  () => import("./seeds.test.ts"),
  () => import("./two-daemons.test.ts"),
  () => import("./samples.test.ts"),
  () => import("./changes.test.ts"),
]);
