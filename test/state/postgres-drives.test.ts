/** The state tests once more, on PostgreSQL: drives and imagings. */
import { stateOnPostgres } from "../../testing/state-on-postgres.ts";

await stateOnPostgres([
  () => import("./drives.test.ts"),
  () => import("./fetch.test.ts"),
  () => import("./images.test.ts"),
  () => import("./imaging.test.ts"),
  () => import("./reader-imagings.test.ts"),
]);
