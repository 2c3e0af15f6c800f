/** Planted bugs in what the store does on bad days: a full disk, a new master key, backups, tables of other versions. */
import type { Mutant } from "../mutant.ts";

const FULL = "src/store/sqlite/full-disk.test.ts";
const CLOUD = "test/full-disk.test.ts";
const REKEY = "src/rekey.test.ts";
const MASTER_KEY = "src/master-key.test.ts";
const BACKUP = "test/backup.test.ts";
const FORWARD = "src/store/migrations/forward.test.ts";

export const STORE: readonly Mutant[] = [
  {
    name: "a second rollback hides that the disk is full",
    file: "src/store/sqlite/connection.ts",
    find: 'if (sql === "rollback" && !database.inTransaction) return NOTHING_TO_DO;',
    replace: "",
    tests: [FULL],
  },
  {
    name: "what makes the store larger takes the room that is kept",
    file: "src/store/sqlite/sqlite-store.ts",
    find: "if (grows) this.#room.ensure();",
    replace: "void grows;",
    tests: [FULL],
  },
  {
    name: "what only reads is refused on a full disk",
    file: "src/store/sqlite/sqlite-store.ts",
    find: "if (grows) this.#room.ensure();",
    replace: "if (grows) this.#room.ensure();\n        void before;",
    tests: [FULL],
  },
  {
    name: "a log without room is not written from its beginning",
    file: "src/store/sqlite/sqlite-store.ts",
    find: "if (tries > 1) throw new StoreFull({ cause: error });",
    replace: "throw new StoreFull({ cause: error });",
    tests: [FULL],
  },
  {
    name: "nothing holds the room while no process has the database open",
    file: "src/store/sqlite/sqlite-store.ts",
    find: "    holdReserve(this.#file);\n",
    replace: "",
    tests: [FULL],
  },
  {
    name: "what holds the room is not given back to who opens the database",
    file: "src/store/sqlite/sqlite-store.ts",
    find: "if (isShort(file)) giveBackReserve(file);",
    replace: "",
    tests: [FULL],
  },
  {
    name: "no room is made in the log and the database",
    file: "src/store/sqlite/spare-room.ts",
    find: "if (pages < LEAST_PAGES || !this.restartLog()) return false;",
    replace: "if (pages > 0) return true;",
    tests: [FULL],
  },
  {
    name: "a log that was begun anew is cut off",
    file: "src/store/sqlite/spare-room.ts",
    find: "export const LOG_LIMIT_BYTES = (SPARE_PAGES - 6) * FRAME_BYTES;",
    replace: "export const LOG_LIMIT_BYTES = 0 * FRAME_BYTES;",
    tests: [FULL],
  },
  {
    name: "what was erased stays in the log",
    file: "src/store/sqlite/sqlite-store.ts",
    find: "    if (erases) this.#room.eraseSoon();\n",
    replace: "    void erases;\n",
    tests: [FULL, "test/state/keys.test.ts"],
  },
  {
    name: "a destroy does not say that it erases a key",
    file: "src/drives/lifecycle/destroy.ts",
    find: "const ERASING: TransactionOptions = { erases: true };",
    replace: "const ERASING: TransactionOptions = {};",
    tests: ["test/state/keys.test.ts"],
  },
  {
    name: "a destroy is refused on a full disk",
    file: "src/drives/lifecycle/destroy.ts",
    find: "const ERASING: TransactionOptions = { erases: true };",
    replace: "const ERASING: TransactionOptions = { erases: true, grows: true };",
    tests: [CLOUD],
  },
  {
    name: "a full store is an error of the cloud's own",
    file: "src/http/serve.ts",
    find: 'if (error instanceof StoreFull) return full("store_full", error.message, { cause: error });',
    replace: "void StoreFull;\n  void full;",
    tests: [CLOUD],
  },
  {
    name: "a lock of a home needs room on the disk",
    file: "src/base/file-lock.ts",
    find: 'database.pragma("journal_mode = MEMORY");',
    replace: "",
    tests: [CLOUD],
  },
  {
    name: "a subnet that cannot be written down keeps the cloud from starting",
    file: "src/host/network/bridged.ts",
    find: "await remember(stateFile, layout).catch(",
    replace: "await remember(stateFile, layout).then(",
    tests: [CLOUD],
  },
  {
    name: "a new master key is written down after its first use",
    file: "src/rekey.ts",
    find: "  if (elsewhere === null) writeNextMasterKey(home.dir, key);\n  between",
    replace: "  between",
    tests: [REKEY],
  },
  {
    name: "a change of the master key that was wrapped is undone",
    file: "src/rekey.ts",
    find: "    placeNextMasterKey(home.dir);\n    return next;",
    replace: "    dropNextMasterKey(home.dir);\n    return next;",
    tests: [REKEY],
  },
  {
    name: "a change of the master key that was not wrapped is taken for done",
    file: "src/rekey.ts",
    find: "if (next !== null && (await isWrappedBy(store, openKeyring(next))) === true) {",
    replace: "if (next !== null) {",
    tests: [REKEY],
  },
  {
    name: "a master key that opens nothing is taken",
    file: "src/rekey.ts",
    find: "if ((await isWrappedBy(store, openKeyring(key))) !== false) return key;",
    replace: "return key;",
    tests: [REKEY],
  },
  {
    name: "secrets are left in the log as the old master key wrapped them",
    file: "src/drives/wrapped-secrets.ts",
    find: "{ erases: true }",
    replace: "{}",
    tests: [REKEY],
  },
  {
    name: "a command for the master key that failed is believed",
    file: "src/master-key.ts",
    find: "if (status !== 0) throw",
    replace: "if (status === null) throw",
    tests: [MASTER_KEY],
  },
  {
    name: "a command for the master key may hang",
    file: "src/master-key.ts",
    find: "    timeout: deadlineMs,\n",
    replace: "",
    tests: [MASTER_KEY],
  },
  {
    name: "a backup has the keys as the master key wraps them",
    file: "src/store/sqlite/backup.ts",
    find: "      wrapAll(copy, wrap);\n      copy.exec(",
    replace: "      copy.exec(",
    tests: [BACKUP],
  },
  {
    name: "a restore writes over a store",
    file: "src/cli/lodge/restore.ts",
    find: '"lodge.db", "lodge.db-wal", "database"',
    replace: '"database"',
    tests: [BACKUP],
  },
  {
    name: "a restore takes the home of another cloud",
    file: "src/cli/lodge/restore.ts",
    find: 'if (readFileSync(file, "utf8") === identity) return;',
    replace: "if (readFileSync(file).length > 0) return;\n  void identity;",
    tests: [BACKUP],
  },
  {
    name: "tables are changed without a copy of them",
    file: "src/store/sqlite/migrate.ts",
    find: "if (next !== undefined && applied.length > 0) keepBefore",
    replace: "if (next !== undefined && applied.length > 99) keepBefore",
    tests: [FORWARD],
  },
  {
    name: "tables of a newer version are worked on",
    file: "src/store/migrations/index.ts",
    find: "if (unknown === undefined) return;",
    replace: "if (unknown !== null) return;",
    tests: [FORWARD],
  },
  {
    name: "what another transaction changes meanwhile counts as its own",
    file: "src/store/sqlite/sqlite-store.ts",
    find: "const run = (writer: Kysely<Tables>) =>\n      writer.transaction().execute(async (tx) => {\n        const before = this.#changes.get();\n",
    replace:
      "const run = (writer: Kysely<Tables>, before = this.#changes.get()) =>\n      writer.transaction().execute(async (tx) => {\n",
    tests: ["src/store/store.test.ts"],
  },
];
