/** Planted bugs in what is kept: the store, keys, claims, counts, files. */
import type { Mutant } from "../mutant.ts";

const KEYS = "test/state/keys.test.ts";
const CLAIMS = "test/state/claims.test.ts";
const SECRET = "src/base/keyring.test.ts";
const VOLUME_FILE = "src/host/volumes/volume-file.test.ts";
const ROW_CACHE = "src/store/sqlite/row-cache.test.ts";
const STORE = "src/store/store.test.ts";

export const DATA: readonly Mutant[] = [
  {
    name: "a server that is made stopped may be lost with the power after it was answered",
    file: "src/servers/lifecycle/create.ts",
    find: "{ durable: !start }",
    replace: "{ durable: false }",
    tests: ["test/state/lifecycle.test.ts"],
  },
  {
    name: "what commits after a transaction without a sync is not synced either",
    file: "src/store/sqlite/sqlite-store.ts",
    find: "        this.#connection.pragma(SYNCED);\n",
    replace: "",
    tests: ["src/store/sqlite/sqlite-store.test.ts"],
  },
  {
    name: "the key wrap is bound to no drive",
    file: "src/base/keyring.ts",
    find: `createCipheriv("aes-256-gcm", masterKey, nonce).setAAD(Buffer.from(object));
    const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
  };
  return {
    make(object) {
      // Text, as QEMU takes only valid UTF-8 for a secret.
      const secret = randomBytes(32).toString("hex");
      return { secret, wrapped: wrap(object, secret) };
    },
    wrap,
    unwrap(object, wrapped) {
      const bytes = Buffer.from(wrapped, "base64");
      const decipher = createDecipheriv("aes-256-gcm", masterKey, bytes.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(object))
`,
    replace: `createCipheriv("aes-256-gcm", masterKey, nonce);
    const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
  };
  return {
    make(object) {
      // Text, as QEMU takes only valid UTF-8 for a secret.
      const secret = randomBytes(32).toString("hex");
      return { secret, wrapped: wrap(object, secret) };
    },
    wrap,
    unwrap(_object, wrapped) {
      const bytes = Buffer.from(wrapped, "base64");
      const decipher = createDecipheriv("aes-256-gcm", masterKey, bytes.subarray(0, NONCE_BYTES))
`,
    tests: [SECRET],
  },
  {
    name: "every drive has the same secret",
    file: "src/base/keyring.ts",
    find: 'const secret = randomBytes(32).toString("hex");',
    replace: 'const secret = Buffer.alloc(32, 5).toString("hex");',
    tests: [SECRET],
  },
  {
    name: "a destroy keeps the wrapped key until the file is gone",
    file: "src/drives/lifecycle/destroy.ts",
    find: '  await changeRow(tx, uuid, { phase: "destroying", wrapped_secret: null, generation });\n  return',
    replace: '  await changeRow(tx, uuid, { phase: "destroying", generation });\n  return',
    tests: [KEYS],
  },
  {
    name: "the store leaves in its file what a row held",
    file: "src/store/sqlite/connection.ts",
    find: 'database.pragma("secure_delete = ON");',
    replace: 'database.pragma("secure_delete = OFF");',
    tests: [KEYS],
  },
  {
    name: "a store that is closed leaves a connection open",
    file: "src/store/sqlite/sqlite-store.ts",
    find: "    for (const connection of this.#connections) connection.close();\n",
    replace: "",
    tests: [KEYS],
  },
  {
    name: "the database may be read by all",
    file: "src/store/sqlite/connection.ts",
    find: 'closeSync(openSync(file, "a", 0o600));',
    replace: 'closeSync(openSync(file, "a", 0o644));',
    tests: [STORE],
  },
  {
    name: "a row that another process changed is not read anew",
    file: "src/store/sqlite/row-cache.ts",
    find: "if (version === this.#seenVersion) return;",
    replace: "if (version >= this.#seenVersion) return;",
    tests: [ROW_CACHE],
  },
  {
    name: "rows are kept past a commit",
    file: "src/store/sqlite/row-cache.ts",
    find: "    for (const results of this.#results) results.clear();\n",
    replace: "",
    tests: [ROW_CACHE],
  },
  {
    name: "a commit does not forget what was read",
    file: "src/store/sqlite/sqlite-store.ts",
    find: "    this.#cache.forget();\n    this.#committedAt",
    replace: "    this.#committedAt",
    tests: [STORE],
  },
  {
    name: "transactions on PostgreSQL take no lock",
    file: "src/store/postgres/dialect.ts",
    find: "select pg_advisory_xact_lock(",
    replace: "select (",
    tests: [STORE],
  },
  {
    name: "a commit on PostgreSQL whose answer was lost is repeated",
    file: "src/store/postgres/dialect.ts",
    find: "        throw new CommitUnknown({ cause });",
    replace: "        void CommitUnknown;",
    tests: ["src/store/postgres/postgres-store.test.ts"],
  },
  {
    name: "claims.exclusive is always 0",
    file: "src/drives/claims.ts",
    find: 'exclusive: drive.claimType === "exclusive" ? 1 : 0',
    replace: "exclusive: 0",
    tests: [CLAIMS],
  },
  {
    name: "an exclusive drive is claimed twice",
    file: "src/drives/can.ts",
    find: "drive.claimed.find((claimant) => claimant !== server);",
    replace: "drive.claimed.find((claimant) => claimant === server && server === '');",
    tests: ["src/drives/can.test.ts"],
  },
  {
    name: "claims are not given back",
    file: "src/drives/claims.ts",
    find: 'await tx.deleteFrom("claims").where("server", "=", server).execute();',
    replace: 'await tx.deleteFrom("claims").where("server", "=", "nobody").execute();',
    tests: ["test/state/lifecycle.test.ts"],
  },
  {
    name: "what a destroyed drive took of its host stays allocated",
    file: "src/drives/lifecycle/destroy.ts",
    find: "    await allocate(tx, host, { diskBytes: -size_bytes });\n",
    replace: "    void [allocate, size_bytes];\n",
    tests: ["test/state/drives.test.ts"],
  },
  {
    name: "what a run read and wrote is not added to its drives",
    file: "src/servers/lifecycle/settle-end.ts",
    find: "if (io !== undefined) await storeIo(tx, drive, io);",
    replace: "if (io === undefined) await storeIo(tx, drive, io);",
    tests: [CLAIMS],
  },
  {
    name: "devices and counters meet by their place",
    file: "src/servers/lifecycle/settle-end.ts",
    find: "const io = devices[key];",
    replace: "const io = Object.values(devices)[configuration.devices.findIndex((each) => each.key > key)];",
    tests: [CLAIMS],
  },
  {
    name: "counts that could not be stored are lost",
    file: "src/drives/counters.ts",
    find: "for (const [drive, io] of leaving) this.add(drive, io);",
    replace: "leaving.clear();",
    tests: [CLAIMS],
  },
  {
    name: "files of drives are never synced",
    file: "src/host/volumes/file-handle.ts",
    find: "    await change(file);\n    await file.sync();",
    replace: "    await change(file);",
    tests: [VOLUME_FILE],
  },
  {
    name: "the folder of drives is never synced",
    file: "src/host/volumes/file-handle.ts",
    find: "    await folder.sync();",
    replace: "    await folder.stat();",
    tests: [VOLUME_FILE],
  },
  {
    name: "a copy takes its target's place before it is on stable storage",
    file: "src/host/volumes/staging-volume.ts",
    find: '  await changeFile(path, "r+", async () => {});\n',
    replace: "  void changeFile;\n",
    tests: [VOLUME_FILE],
  },
  {
    name: "a standard image is sealed without a sync",
    file: "src/images/sealed-file.ts",
    find: "    await this.#file.sync();\n",
    replace: "",
    tests: ["src/images/sealed-file.test.ts"],
  },
  {
    name: "writes in flight have no bound",
    file: "src/host/volumes/transfer.ts",
    find: "while (this.#inFlight.size > 0 && isTooMuch()) await",
    replace: "while (this.#inFlight.size > 1e6 && isTooMuch()) await",
    tests: ["src/host/volumes/transfer.test.ts"],
  },
  {
    name: "a write is answered before it is on stable storage",
    file: "src/host/volumes/transfer.ts",
    find: "  writing.check();\n  await nbd.flush();\n",
    replace: "  writing.check();\n",
    tests: ["src/host/volumes/transfer.test.ts"],
  },
  {
    name: "a commit is not synced",
    file: "src/store/sqlite/connection.ts",
    find: "synchronous = FULL",
    replace: "synchronous = OFF",
    tests: [STORE],
  },
  {
    name: "a lock that was held is not released",
    file: "src/store/held-lock.ts",
    find: "await this.#held?.release();",
    replace: "void this.#held;",
    tests: [STORE],
  },
  {
    name: "of a shared drive the work of one server is answered",
    file: "src/servers/guest-io.ts",
    find: "parts.reduce(addIo, NO_IO)",
    replace: "addIo(parts.at(-1) ?? NO_IO, NO_IO)",
    tests: ["test/state/claims.test.ts"],
  },
  {
    name: "a row of an embedded store may name one which is not there",
    file: "src/store/sqlite/connection.ts",
    find: 'database.pragma("foreign_keys = ON");',
    replace: 'database.pragma("foreign_keys = OFF");',
    tests: [STORE],
  },
  {
    name: "a process does not wait for another that writes in an embedded store",
    file: "src/store/sqlite/connection.ts",
    find: "const BUSY_TIMEOUT_MS = 10_000;",
    replace: "const BUSY_TIMEOUT_MS = 0;",
    tests: [STORE],
  },
  {
    name: "a lock that is released is held until its server notices",
    file: "src/store/postgres/advisory-locks.ts",
    find: '      await session.query("select pg_advisory_unlock_all()").catch(() => {});\n',
    replace: "",
    tests: ["src/store/postgres/advisory-locks.test.ts"],
  },
  {
    name: "a process that stands still in a transaction holds its locks",
    file: "src/store/postgres/session.ts",
    find: "    idle_in_transaction_session_timeout: statementTimeoutMs,\n",
    replace: "",
    tests: ["src/store/postgres/session.test.ts"],
  },
];
