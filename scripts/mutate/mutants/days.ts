/** Planted bugs that show on an operator's bad days: modes, backups, a service's flags, what lodge status tells. */
import type { Mutant } from "../mutant.ts";

const MODES = "src/home-modes.test.ts";
const BACKUP = "test/backup.test.ts";
const SERVICE = "test/service.test.ts";
const USERS = "src/cli/lodge/user.test.ts";
const LEASES = "src/operations/lease.test.ts";
const START = "test/start-home.test.ts";

export const DAYS: readonly Mutant[] = [
  {
    name: "a secret that was opened to others stays so",
    file: "src/home-modes.ts",
    find: "mostOf: (file) => (SECRETS.test(file) ? SECRET : PUBLIC)",
    replace: "mostOf: () => PUBLIC",
    tests: [MODES],
  },
  {
    name: "a home that was opened to others stays so",
    file: "src/home-modes.ts",
    find: "const opened = [close(path, folder, most)];",
    replace: "const opened: (Opened | null)[] = [];",
    tests: [MODES],
  },
  {
    name: "nobody is told what of a home was open",
    file: "src/main.ts",
    find: "    log.warn({ path, ",
    replace: "    log.debug({ path, ",
    tests: [START],
  },
  {
    name: "a damaged backup is restored",
    file: "src/store/sqlite/file-checksum.ts",
    find: "said === trailerOf(digestOf(descriptor, content))",
    replace: 'said !== ""',
    tests: [BACKUP],
  },
  {
    name: "a backup that was cut off is taken for one of an earlier version",
    file: "src/store/sqlite/backup.ts",
    find: '    if (facts.hasChecksum && checked === "none") throw damaged(file);\n',
    replace: "    void checked;\n",
    tests: [BACKUP],
  },
  {
    name: "a restored home keeps what says that it is a backup",
    file: "src/store/sqlite/backup.ts",
    find: '      copy.exec("drop table lodge_backup");\n',
    replace: "",
    tests: [BACKUP],
  },
  {
    name: "a unit names a certificate that is not there",
    file: "src/cli/lodge/service-install.ts",
    find: "    accessSync(path, constants.R_OK);",
    replace: "    void [accessSync, constants];",
    tests: [SERVICE],
  },
  {
    name: "a unit is written into a system that is not there",
    file: "src/cli/lodge/service-install.ts",
    find: "?.isDirectory() !== true)",
    replace: "?.isDirectory() === false)",
    tests: [SERVICE],
  },
  {
    name: "an account's name has controls in it",
    file: "src/cli/lodge/user-create.ts",
    find: " || !isOneLine(name)",
    replace: "",
    tests: [USERS],
  },
  {
    name: "an account's name steers the terminal that lists it",
    file: "src/cli/lodge/user-list.ts",
    find: "visible(name)",
    replace: "(void visible, name)",
    tests: [USERS],
  },
  {
    name: "down leaves what killed starts have tried",
    file: "src/host/network/traces.ts",
    find: "remove: removeDeadProbes,",
    replace: "remove: async () => void removeDeadProbes,",
    tests: ["src/host/network/obstacles.test.ts"],
  },
  {
    name: "each scrape waits for the count",
    file: "src/metrics/object-counts.ts",
    find: "if (this.#last === null) return counting;",
    replace: "if (this.#last !== undefined) return counting;",
    tests: ["src/metrics/object-counts.test.ts"],
  },
  {
    name: "an operation is let go of that another has taken over",
    file: "src/operations/lease.ts",
    find: '      .where("attempts", "=", attempts)\n      .where("owner", "=", owner)\n',
    replace: '      .where("attempts", "=", attempts)\n      .where("owner", "!=", "")\n',
    tests: [LEASES],
  },
  {
    name: "an operation is let go of that a later intent took the place of",
    file: "src/operations/lease.ts",
    find: '      .where("generation", "=", generation)\n      .where("attempts", "=", attempts)\n',
    replace: '      .where("generation", ">=", generation)\n      .where("attempts", "=", attempts)\n',
    tests: [LEASES],
  },
  {
    name: "what nobody had taken up stays put off where a process is alone",
    file: "src/operations/lease.ts",
    find: '.where((row) => row.or([row("owner", "is", null), row("owner", "!=", owner)]))',
    replace: '.where("owner", "!=", owner)',
    tests: [LEASES],
  },
  {
    name: "a copy of a home is told of, and changes, what is its original's",
    file: "src/operator/client.ts",
    find: "if (other !== null && ",
    replace: "if (other === home.dir && ",
    tests: ["src/operator/operator.test.ts"],
  },
  {
    name: "all is said to be well on a disk that holds no more files",
    file: "src/operator/needs.ts",
    find: "disk.freeFiles < FEW_FILES",
    replace: "disk.freeFiles < FEW_FILES - FEW_FILES",
    tests: ["src/cli/lodge/status-lines.test.ts"],
  },
];
