/** What this process was started with open, besides its standard streams. */
import { closeSync, readdirSync, readFileSync } from "node:fs";

/** proc(5), fdinfo: `flags` in octal, with that of close-on-exec. */
const O_CLOEXEC = 0o2000000;

/**
 * Closes it, so that no process that this one starts has it too: a QEMU that was taken over would. All that Node opens is
 * closed on exec, so what is not was inherited.
 */
export function closeInherited(): void {
  for (const name of readdirSync("/proc/self/fd")) {
    if (Number(name) > 2 && isInherited(name)) closeSync(Number(name));
  }
}

function isInherited(descriptor: string): boolean {
  try {
    const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch (error) {
    // That by which the folder was read is closed again.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
