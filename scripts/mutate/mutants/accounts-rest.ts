/** Planted bugs in what bounds accounts, their operations and their trail. */
import type { Mutant } from "../mutant.ts";

const TRAIL = "src/audit/trail.test.ts";
const AUDIT = "test/state/audit.test.ts";
const STATE = "test/state/accounts.test.ts";
const EACH = "src/accounts/lifecycle/each.test.ts";
const WORKER = "src/operations/worker.test.ts";
const DAMAGED = "src/operator/damaged-records.test.ts";
const COMMAND_LINE = "test/accounts.test.ts";

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
  {
    name: "a suspension asks all of an account's servers at once",
    file: "src/accounts/lifecycle/each.ts",
    find: "const AT_ONCE = 8;",
    replace: "const AT_ONCE = 2_000;",
    tests: [STATE, EACH],
  },
  {
    name: "a step on an account lasts for as long as the account has something",
    file: "src/accounts/lifecycle/each.ts",
    find: "while (performance.now() < endMs)",
    replace: "while (endMs > 0)",
    tests: [EACH],
  },
  {
    name: "what hangs keeps what is behind it from ever being ended",
    file: "src/accounts/lifecycle/each.ts",
    find: "Math.floor(Math.random() * items.length)",
    replace: "0",
    tests: [EACH],
  },
  {
    name: "accounts that are closed keep the operations on other accounts' drives waiting",
    file: "src/operations/worker.ts",
    find: '  { noun: "drive", destroys: false, most: 24 },\n  { noun: "drive", destroys: true, most: 8 },\n',
    replace: '  { noun: "drive", most: 32 },\n',
    tests: [WORKER],
  },
  {
    name: "operations on accounts take as many slots as there are",
    file: "src/operations/worker.ts",
    find: '{ noun: "account", most: 8 }',
    replace: '{ noun: "account", most: 800 }',
    tests: [WORKER],
  },
  {
    name: "each daemon gives guests five minutes anew",
    file: "src/accounts/lifecycle/patience.ts",
    find: "return recorded.parse(params).passedMs + sinceMs;",
    replace: "return (last === undefined ? 0 : recorded.parse(params).passedMs) + sinceMs;",
    tests: [STATE],
  },
  {
    name: "the time without a daemon counts as time that guests have had",
    file: "src/accounts/lifecycle/patience.ts",
    find: "last?.generation === generation ? atMs - last.atMs : 0",
    replace: "last?.generation === generation ? atMs - last.atMs : atMs",
    tests: [STATE],
  },
  {
    name: "two admins unmake each other",
    file: "src/accounts/standing.ts",
    find: 'if (account?.role === "admin" && account.status === "active") return;',
    replace: "if (account !== undefined) return;",
    tests: [STATE],
  },
  {
    name: "an admin who is suspended goes on with what they asked for",
    file: "src/accounts/standing.ts",
    find: 'account?.role === "admin" && account.status === "active"',
    replace: 'account?.role === "admin"',
    tests: [STATE],
  },
  {
    name: "who is no admin any more makes a key of another account",
    file: "src/accounts/standing.ts",
    find: "if (user !== login.user) await ensureAdmin(tx, login);",
    replace: "if (user === login.user && login.key === user) await ensureAdmin(tx, login);",
    tests: [STATE],
  },
  {
    name: "a key that has ended changes accounts",
    file: "src/accounts/standing.ts",
    find: "  await endOfOwn(tx, login);\n",
    replace: "",
    tests: [STATE],
  },
  {
    name: "nobody hears that an account's limits are damaged",
    file: "src/accounts/account.ts",
    find: 'areOwnLimitsDamaged(limits) ? ["limits"] : []',
    replace: "areOwnLimitsDamaged(limits) ? [] : []",
    tests: [DAMAGED],
  },
  {
    name: "nobody hears that a key is damaged",
    file: "src/operator/damaged-records.ts",
    find: 'judge("key", row.uuid, damagedKeyColumns(row))',
    replace: 'judge("key", row.uuid, damagedKeyColumns(row).slice(2))',
    tests: [DAMAGED],
  },
  {
    name: "the operator's way back in makes an admin's key for anybody",
    file: "src/accounts/account.ts",
    find: '    .where("role", "=", "admin")\n',
    replace: "",
    tests: [COMMAND_LINE],
  },
  {
    name: "the operator's way back in leaves no trail",
    file: "src/accounts/operators-key.ts",
    find: 'await recordEvent(tx, { ...done, user: found, actor: found }, "done");',
    replace: "void [recordEvent, done];",
    tests: [COMMAND_LINE],
  },
  {
    name: "what an admin does in another's place is the other's doing",
    file: "src/audit/trail.ts",
    find: "actor: caller.login.user,",
    replace: "actor: caller.user,",
    tests: [TRAIL, AUDIT],
  },
];
