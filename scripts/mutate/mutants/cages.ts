/** Planted bugs in what each process that works on drives has for itself. */
import type { Mutant } from "../mutant.ts";

const CAGES = "src/host/volumes/cages.test.ts";
const REACH = "src/host/volumes/reach.test.ts";
const LOANS = "src/host/volumes/loans.test.ts";
const CAGE = "src/host/process/cage.ts";
const OPEN = "src/host/volumes/loans.ts";

export const CAGED: readonly Mutant[] = [
  {
    name: "a worker begins before it is bounded",
    file: CAGE,
    find: "if (pid) await cage.admit(pid);",
    replace: "if (pid) void new Promise((done) => setTimeout(done, 2000)).then(() => cage.admit(pid));",
    tests: [CAGES],
  },
  {
    name: "the groups of a worker stay when it has ended",
    file: "src/host/volumes/cages.ts",
    find: "await this.#clear(name);\n        await giveBack();",
    replace: "await giveBack();",
    tests: [CAGES],
  },
  {
    name: "a worker has no bound of memory",
    file: "src/host/volumes/cages.ts",
    find: "this.#groups(name, { memoryBytes: GIB, processes })",
    replace: "this.#groups(name, { memoryBytes: 1024 * GIB, processes })",
    tests: [CAGES],
  },
  {
    name: "the groups of a storage daemon stay when it has ended",
    file: "src/host/volumes/storage-daemon.ts",
    find: "if (!stays) await this.#options.cage.clear();",
    replace: "",
    tests: [CAGES],
  },
  {
    name: "a storage daemon that is found is bounded by nothing",
    file: "src/host/volumes/storage-daemon.ts",
    find: "this.#options.cage.admit(found.pid)",
    replace: "Promise.resolve()",
    tests: [CAGES],
  },
  {
    name: "a worker that outlived its daemon goes on for the next one",
    file: "src/host/volumes/cages.ts",
    find: "for (const name of left) await this.#clear(name);",
    replace: "void left;",
    tests: [CAGES],
  },
  {
    name: "a worker has the uid of drives",
    file: "src/host/volumes/cages.ts",
    find: "const who = { uid: target.id ?? uid,",
    replace: "const who = { uid,",
    tests: [REACH, CAGES],
  },
  {
    name: "the storage daemon of a shared drive has the uid of drives",
    file: "src/host/volumes/cages.ts",
    find: "return loan?.id ?? uid;",
    replace: "return uid;",
    tests: [CAGES],
  },
  {
    name: "whose uid a storage daemon has that went on is not known",
    file: "src/host/volumes/storage-daemons.ts",
    find: "drivesUid === null || gid === 0 || gid === drivesUid ? null : gid",
    replace: "drivesUid === gid ? gid : null",
    tests: [CAGES],
  },
  {
    name: "who is lent a file to read may write on it",
    file: OPEN,
    find: "lent.writers > 0 ? 0o660 : 0o640",
    replace: "lent.writers > 0 ? 0o660 : 0o660",
    tests: [LOANS, CAGES],
  },
  {
    name: "a file that was lent stays open to its group",
    file: OPEN,
    find: "const isLent = lent !== null && lent.readers + lent.writers > 0;",
    replace: "const isLent = lent !== null;",
    tests: [LOANS, CAGES],
  },
  {
    name: "a group is given back while others have the file",
    file: OPEN,
    find: "if (lent.readers + lent.writers > 0 || this.#lent.get(volume.uuid) !== lent) return;",
    replace: "if (this.#lent.get(volume.uuid) !== lent) return;",
    tests: [LOANS],
  },
  {
    name: "each who reads a file is lent it by a group of their own",
    file: OPEN,
    find: "this.#lent.get(volume.uuid) ?? this.#enter",
    replace: "this.#enter",
    tests: [LOANS],
  },
  {
    name: "what a daemon that died had lent stays so",
    file: "src/host/volumes/drive-host.ts",
    find: "  await loans.takeBackLeft(onTrouble);\n",
    replace: "",
    tests: [CAGES],
  },
  {
    name: "what runs on loses the file that it was lent, with the next daemon",
    file: OPEN,
    find: "if (!this.#lent.has(uuid) && this.#isOpen(uuid)) await",
    replace: "if (this.#isOpen(uuid)) await",
    tests: [LOANS, CAGES],
  },
  {
    name: "a worker sees the folder of all drives",
    file: "src/host/volumes/copy.ts",
    find: "writes: [join(home, volumeName(staging))], cwd: home }",
    replace: 'writes: [join(home, "drives")], cwd: home }',
    tests: [REACH],
  },
  {
    name: "a worker is in the machine's network",
    file: "src/host/process/worker.ts",
    find: 'network: "none" as const, tied: true',
    replace: "network: null, tied: true",
    tests: [REACH],
  },
  {
    name: "uids for what is no server are those that come next for servers",
    file: "src/host/qemu/uids.ts",
    find: "this.#takenBy.get(name) ?? this.#lastFree();",
    replace: "this.#takenBy.get(name) ?? this.upcoming(1)[0];",
    tests: ["src/host/qemu/uids.test.ts"],
  },
  {
    name: "a start closes the file that is lent to a storage daemon which went on, and says that it was open",
    file: "src/home-modes.ts",
    find: "return uid !== null && gid !== uid ? LENT : SECRET;",
    replace: "return SECRET;",
    tests: ["src/home-modes.test.ts"],
  },
  {
    name: "a worker sees the sockets of the server whose drive it copies",
    file: "src/host/volumes/copy.ts",
    find: "viewOf(home, file, staging),",
    replace:
      'connection === null || !("nbd" in source) ? viewOf(home, file, staging) : { ...viewOf(home, file, staging), reads: [join(source.nbd.socketPath, "..")] },',
    tests: [CAGES],
  },
  {
    name: "a loan that is ended twice ends another's, too",
    file: "src/host/volumes/loans.ts",
    find: "if (!isOver) lent[users]--;",
    replace: "lent[users]--;",
    tests: [LOANS],
  },
];
