/** Planted bugs in what is kept: the store, keys, claims, counts, files. */
import type { Mutant } from "../mutant.ts";

const KEYS = "test/state/keys.test.ts";
const CLAIMS = "test/state/claims.test.ts";
const STABLE = "src/host/volumes/stable-storage.test.ts";

export const DATA: readonly Mutant[] = [
  {
    name: "the key wrap is bound to no drive",
    file: "src/drives/secret.ts",
    find: `createCipheriv("aes-256-gcm", masterKey, nonce).setAAD(Buffer.from(drive));
      const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
      return { secret, wrapped: Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64") };
    },
    unwrap(drive, wrapped) {
      const bytes = Buffer.from(wrapped, "base64");
      const decipher = createDecipheriv("aes-256-gcm", masterKey, bytes.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(drive))
`,
    replace: `createCipheriv("aes-256-gcm", masterKey, nonce);
      const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
      return { secret, wrapped: Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64") };
    },
    unwrap(_drive, wrapped) {
      const bytes = Buffer.from(wrapped, "base64");
      const decipher = createDecipheriv("aes-256-gcm", masterKey, bytes.subarray(0, NONCE_BYTES))
`,
    tests: ["test/security/wrapped-key.test.ts"],
  },
  {
    name: "every drive has the same secret",
    file: "src/drives/secret.ts",
    find: 'const secret = randomBytes(32).toString("hex");',
    replace: 'const secret = Buffer.alloc(32, 5).toString("hex");',
    tests: ["test/security/wrapped-key.test.ts"],
  },
  {
    name: "a destroy keeps the wrapped key until the file is gone",
    file: "src/drives/lifecycle.ts",
    find: '.set({ phase: "destroying", wrapped_secret: null })',
    replace: '.set({ phase: "destroying" })',
    tests: [KEYS],
  },
  {
    name: "the store leaves in its file what a row held",
    file: "src/store/sqlite.ts",
    find: 'database.pragma("secure_delete = ON");',
    replace: 'database.pragma("secure_delete = OFF");',
    tests: [KEYS],
  },
  {
    name: "the database may be read by all",
    file: "src/store/sqlite.ts",
    find: 'closeSync(openSync(file, "a", 0o600));',
    replace: 'closeSync(openSync(file, "a", 0o644));',
    tests: ["test/security.test.ts"],
  },
  {
    name: "a row that another process changed is not read anew",
    file: "src/store/sqlite.ts",
    find: "return recent.rows(statement, values, () => statement.all(...values), keep);",
    replace: "return recent.rows(statement, values, () => statement.all(...values));",
    tests: ["src/store/sqlite.test.ts"],
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
    file: "src/drives/claims.ts",
    find: 'if (drive.claimType === "exclusive" && other !== undefined) {',
    replace: 'if (drive.claimType !== "exclusive" && other !== undefined) {',
    tests: ["src/drives/claims.test.ts"],
  },
  {
    name: "claims are not given back",
    file: "src/drives/claims.ts",
    find: 'await tx.deleteFrom("claims").where("server", "=", server).execute();',
    replace: 'await tx.deleteFrom("claims").where("server", "=", "nobody").execute();',
    tests: ["test/state/lifecycle.test.ts"],
  },
  {
    name: "what a run read and wrote is not added to its drives",
    file: "src/servers/lifecycle.ts",
    find: "if (io !== undefined) await storeIo(tx, drive, io);",
    replace: "if (io === undefined) break;",
    tests: [CLAIMS],
  },
  {
    name: "counts that could not be stored are lost",
    file: "src/drives/counters.ts",
    find: "for (const [drive, io] of leaving) add(drive, io);",
    replace: "leaving.clear();",
    tests: [CLAIMS],
  },
  {
    name: "files of drives are never synced",
    file: "src/host/volumes/image-file.ts",
    find: "    await change(file);\n    await file.sync();",
    replace: "    await change(file);",
    tests: [STABLE],
  },
  {
    name: "the folder of drives is never synced",
    file: "src/host/volumes/image-file.ts",
    find: "    await folder.sync();",
    replace: "    await folder.stat();",
    tests: [STABLE],
  },
  {
    name: "a standard image is sealed without a sync",
    file: "src/host/volumes/sealed-file.ts",
    find: "      await file.sync();\n",
    replace: "",
    tests: [STABLE],
  },
  {
    name: "writes in flight have no bound",
    file: "src/host/volumes/transfer.ts",
    find: "while (inFlight.size > 0 && (bytesInFlight + bytes > mostBytes || inFlight.size >= MOST_IN_FLIGHT)) {",
    replace: "while (inFlight.size > 0 && bytesInFlight + bytes > 1e6 * mostBytes) {",
    tests: ["src/host/volumes/writes-in-flight.test.ts"],
  },
];
