/** The state tests once more, on PostgreSQL: resources, long lists, and who is cut off. */
import { stateOnPostgres } from "../../testing/state-on-postgres.ts";

await stateOnPostgres([
  () => import("./resources.test.ts"),
  () => import("./long-lists.test.ts"),
  () => import("./cut-off.test.ts"),
]);
