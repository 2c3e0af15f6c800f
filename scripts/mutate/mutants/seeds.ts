/** Planted bugs in what guests are told of themselves: keys, user data, and the CD that they are on. */
import type { Mutant } from "../mutant.ts";

const STATE = "test/state/seeds.test.ts";
const CD = "src/host/qemu/seed-cd.test.ts";
const LAUNCHED = "src/host/qemu/seed.test.ts";
const KEYS = "src/servers/ssh-keys.test.ts";
const USER_DATA = "src/servers/user-data.test.ts";
const SEED = "src/servers/seed.test.ts";

export const SEEDS: readonly Mutant[] = [
  {
    name: "user data is a key of the configuration as others are",
    file: "src/servers/user-data.ts",
    find: "  changes.delete(KEY);\n",
    replace: "",
    tests: [STATE, USER_DATA],
  },
  {
    name: "user data is kept as it is",
    file: "src/servers/user-data.ts",
    find: "wrapped_secret: keyring.wrap(uuid, text)",
    replace: "wrapped_secret: text",
    tests: [STATE, USER_DATA],
  },
  {
    name: "a server whose user data a backup left out starts without it",
    file: "src/servers/user-data.ts",
    find: "if (user_data_bytes === null || wrapped_secret !== null) return;",
    replace: "return;",
    tests: [STATE, USER_DATA],
  },
  {
    name: "user data follows no new master key",
    file: "src/drives/wrapped-secrets.ts",
    find: "    const [from, key, secret] =",
    replace: '    if (table === "servers") continue;\n    const [from, key, secret] =',
    tests: ["src/rekey.test.ts"],
  },
  {
    name: "a backup has user data as the master key of its home wraps it",
    file: "src/store/wrapped-columns.ts",
    find: '  { table: "servers", id: "uuid", column: "wrapped_secret", objectOf: own, nameOf: keyOf("server") },\n',
    replace: "",
    tests: ["test/backup.test.ts"],
  },
  {
    name: "a backup has the URLs of imagings as the master key of its home wraps them",
    file: "src/store/wrapped-columns.ts",
    find: '  { table: "imagings", id: "target", column: "wrapped_url", objectOf: urlSecretOf, nameOf: urlOf },\n',
    replace: "",
    tests: ["src/store/sqlite/backup.test.ts"],
  },
  {
    name: "a refusal repeats user data",
    file: "src/servers/user-data.ts",
    find: 'return BEGINNING.test(text) ? null : "text that begins with something else";',
    replace: "return BEGINNING.test(text) ? null : text;",
    tests: [USER_DATA],
  },
  {
    name: "a value that nobody is answered is repeated where it is refused",
    file: "src/api/input.ts",
    find: 'return isSecret ? "" : ',
    replace: "return ",
    tests: ["src/api/input.test.ts"],
  },
  {
    name: "other keys are for the same instance",
    file: "src/servers/seed.ts",
    find: "JSON.stringify([sshKeys, userData])",
    replace: "JSON.stringify([userData])",
    tests: [STATE, SEED],
  },
  {
    name: "a change of what runs tells a host the seed, too",
    file: "src/servers/lifecycle/start.ts",
    find: "  return specOf(tx, await serverAt(tx, operation), keyring);",
    replace:
      "  const server = await serverAt(tx, operation);\n  return { ...(await specOf(tx, server, keyring)), ...(await launchSeed(tx, server, keyring)) };",
    tests: [STATE],
  },
  {
    name: "a key that says another type than it is is taken",
    file: "src/servers/ssh-keys.ts",
    find: "if (name !== type)",
    replace: "if (name === undefined)",
    tests: [KEYS],
  },
  {
    name: "a key may have anything behind it",
    file: "src/servers/ssh-keys.ts",
    find: "fields.length !== form.fields + 1",
    replace: "fields.length < form.fields + 1",
    tests: [KEYS],
  },
  {
    name: "a private key is repeated",
    file: "src/servers/ssh-keys.ts",
    find: 'if (/PRIVATE KEY/.test(key)) return "a private key: it is to stay where it is";',
    replace: "if (/PRIVATE KEY/.test(key)) return shown(key);",
    tests: [KEYS],
  },
  {
    name: "what a CD is made of is for everybody, and stays",
    file: "src/host/qemu/seed-cd.ts",
    find: "    await rm(folder, { recursive: true, force: true });",
    replace: "",
    tests: [CD],
  },
  {
    name: "the files of a CD are for everybody",
    file: "src/host/qemu/seed-cd.ts",
    find: "await writeFile(file, content, { mode: 0o600 });",
    replace: "await writeFile(file, content, { mode: 0o644 });",
    tests: [CD],
  },
  {
    name: "a CD says when it was made",
    file: "src/host/qemu/seed-cd.ts",
    find: '"--set_all_file_dates", ',
    replace: '"-volset", ',
    tests: [CD],
  },
  {
    name: "QEMU may write on the file of the seed's CD",
    file: "src/host/qemu/launch.ts",
    find: ".fd}`, constants.O_RDONLY);",
    replace: ".fd}`, constants.O_RDWR);",
    tests: [LAUNCHED],
  },
  {
    name: "a backslash is no more than itself",
    file: "src/api/lines.ts",
    find: '.replaceAll("\\\\", "\\\\\\\\")',
    replace: "",
    tests: ["src/api/lines.test.ts"],
  },
  {
    name: "why a CD could not be made repeats what was to be on it",
    file: "src/host/qemu/seed-cd.ts",
    find: "    throw error;\n  } finally",
    replace: "    throw new Error(JSON.stringify(seed), { cause: error });\n  } finally",
    tests: [CD],
  },
];
