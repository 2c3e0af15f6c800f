/** The programs of Debian's that the sample image is made with. */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Each program with the package that brings it. */
const PACKAGE_OF = {
  "apt-cache": "apt",
  "apt-get": "apt",
  "dpkg-deb": "dpkg",
  depmod: "kmod",
  modprobe: "kmod",
  cpio: "cpio",
  lz4: "lz4",
  mformat: "mtools",
  mcopy: "mtools",
  syslinux: "syslinux",
} as const;

type Tool = keyof typeof PACKAGE_OF;

/** A user who is not root has the system's programs (`modprobe`) outside of the search path. */
const SEARCH_PATH = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"].filter(Boolean);

/** Throws one line that names the packages to install when programs are missing. */
export function requireTools(searchPath: readonly string[] = SEARCH_PATH): void {
  const tools = Object.keys(PACKAGE_OF) as Tool[];
  const missing = tools.filter((tool) => !searchPath.some((dir) => isExecutable(join(dir, tool))));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((tool) => PACKAGE_OF[tool]))].join(" ");
  throw new Error(
    `${missing.join(", ")} not found: install Debian's packages with apt-get install ${packages}`,
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs a program and answers what it printed. Errors: one line, with the last that the program said. */
export function run(program: string, args: readonly string[], cwd?: string): Promise<string> {
  const env = { ...process.env, PATH: SEARCH_PATH.join(delimiter), LC_ALL: "C" };
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, env, maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const said = stderr.trim().split("\n").at(-1) || error.message;
      reject(new Error(`${program} failed: ${said}`, { cause: error }));
    });
  });
}
