/** Planted bugs in what bounds accounts, their operations and their trail. */
import type { Mutant } from "../mutant.ts";

const TRAIL = "src/audit/trail.test.ts";
const AUDIT = "test/state/audit.test.ts";

export const ACCOUNTS_REST: readonly Mutant[] = [
  {
    name: "an account adds as many events to the trail as it likes",
    file: "src/audit/allowance.ts",
    find: "spent.rows < MOST_A_DAY",
    replace: "spent.rows > 0",
    tests: [TRAIL],
  },
  {
    name: "a flood of one command hides those of another",
    file: "src/audit/allowance.ts",
    find: "const spent = account?.commands.get(command);",
    replace: "const spent = account?.commands.values().next().value ?? account?.commands.get(command);",
    tests: [TRAIL],
  },
  {
    name: "what an account may add of events never comes back",
    file: "src/audit/allowance.ts",
    find: "this.#now() - account.sinceMs >= DAY_MS || this",
    replace: "this",
    tests: [TRAIL],
  },
  {
    name: "an admin's acts are left out of the trail",
    file: "src/audit/trail.ts",
    find: 'request.caller.login.role !== "admin"',
    replace: 'request.caller.login.role !== "nobody"',
    tests: [TRAIL],
  },
  {
    name: "what changes no row is a row of the trail each time",
    file: "src/audit/trail.ts",
    find: "      change.isRecorded = true;\n",
    replace: "",
    tests: [TRAIL],
  },
  {
    name: "each flush of written bytes is an event",
    file: "src/audit/writes.ts",
    find: "!known.isRecorded || !this.#isOver(known)",
    replace: "!known.isRecorded",
    tests: [TRAIL],
  },
  {
    name: "events of written bytes grow in memory while the store takes none",
    file: "src/audit/writes.ts",
    find: "account.size >= MOST_OF_ACCOUNT",
    replace: "account.size < 0",
    tests: [TRAIL],
  },
  {
    name: "old events stay behind younger ones",
    file: "src/audit/records.ts",
    find: "if (block.time < before) await removeOld(store, block, before);",
    replace: "if (block.time >= before) return;\n    await removeOld(store, block, before);",
    tests: [AUDIT],
  },
  {
    name: "pruning stops where the store's clock is behind",
    file: "src/audit/records.ts",
    find: "Math.min(before, secondsOf(store?.now ?? 0) - DAY_S)",
    replace: "before",
    tests: [AUDIT],
  },
];
