/**
 * System programs by their absolute paths. Those of a system's administrator are outside of the search path that Debian
 * gives to users, to cron and to who becomes root by `su`: they are looked for in the system's own folders, too.
 */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/** Where a system has its programs, whatever PATH says; behind what PATH says. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** The programs that Lodge runs, with the Debian package of each, and what is not to be had without it. */
const PROGRAMS = {
  "qemu-system-x86_64": { debian: "qemu-system-x86", lack: "no server starts" },
  "qemu-storage-daemon": { debian: "qemu-system-common", lack: "no drive can be read or written" },
  "qemu-img": { debian: "qemu-utils", lack: "no drive can be imaged" },
  igzip: { debian: "isal", lack: "drives are gzipped by pigz, which takes ten times the processor time" },
  pigz: { debian: "pigz", lack: "no drive can be gzipped without igzip" },
  xorrisofs: { debian: "xorriso", lack: "no server with ssh:keys or user-data starts" },
  bwrap: { debian: "bubblewrap", lack: "a guest that breaks out of its QEMU sees the whole machine" },
  prlimit: { debian: "util-linux", lack: "no server starts" },
  env: { debian: "coreutils", lack: "guests have user-mode networking" },
  setpriv: { debian: "util-linux", lack: "no server starts" },
  nsenter: { debian: "util-linux", lack: "guests have user-mode networking" },
  perl: { debian: "perl-base", lack: "Lodge starts hardly any other program" },
  ip: { debian: "iproute2", lack: "guests have user-mode networking" },
  nft: { debian: "nftables", lack: "guests have user-mode networking" },
  dnsmasq: { debian: "dnsmasq-base", lack: "guests have user-mode networking" },
} as const;

export type MissingProgram = {
  readonly program: string;
  /** Debian's package that has it. */
  readonly debian: string;
  /** What is not to be had without it. */
  readonly lack: string;
};

/** A program is not installed. Its code is the one of a program that cannot be started. */
export class ProgramMissing extends Error {
  readonly code = "ENOENT";

  constructor(program: string) {
    const known = Object.entries(PROGRAMS).find(([name]) => name === program)?.[1];
    super(`${program} is not installed${known === undefined ? "" : `: apt-get install ${known.debian}`}`);
    this.name = "ProgramMissing";
  }
}

/** What was found, by the name and by what PATH was then. */
const found = new Map<string, string>();

/**
 * The absolute path of the program, looked for once; a path stays as it is. What others than root could have put there is
 * passed over where root looks for it. Errors: ProgramMissing.
 */
export function programPath(program: string): string {
  if (program.includes("/")) return program;
  const path = process.env.PATH ?? "";
  const key = `${program}\0${path}`;
  const known = found.get(key);
  if (known !== undefined) return known;
  for (const folder of [...path.split(delimiter), ...SYSTEM_FOLDERS]) {
    if (!isAbsolute(folder)) continue;
    const file = join(folder, program);
    if (!isProgram(file)) continue;
    found.set(key, file);
    return file;
  }
  throw new ProgramMissing(program);
}

/** The programs that Lodge runs here and that are not installed; those of bridges only where there may be some. */
export function missingPrograms(isRoot = process.getuid?.() === 0): MissingProgram[] {
  return Object.entries(PROGRAMS).flatMap(([program, { debian, lack }]) => {
    const isForBridges = lack.startsWith("guests have");
    if (isForBridges && !isRoot) return [];
    return hasProgram(program) ? [] : [{ program, debian, lack }];
  });
}

/** Whether the program is installed. */
export function hasProgram(program: string): boolean {
  try {
    programPath(program);
    return true;
  } catch (error) {
    if (error instanceof ProgramMissing) return false;
    throw error;
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    const { mode, uid } = statSync(file);
    const isRoots = uid === 0 && (mode & 0o022) === 0;
    return (mode & constants.S_IFMT) === constants.S_IFREG && (isRoots || process.getuid?.() !== 0);
  } catch {
    return false;
  }
}
