/** What this process was started with open, besides its standard streams. */
import { closeSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";

/** proc(5), fdinfo: `flags` in octal, with that of close-on-exec. */
const O_CLOEXEC = 0o2000000;

/**
 * Closes it, so that no process that this one starts has it too: a QEMU that was taken over would. All that Node opens is
 * closed on exec, so what is not was inherited; but for the certificates of NODE_EXTRA_CA_CERTS, which a thread of Node's
 * reads and closes in its own time.
 */
export function closeInherited(): void {
  const certificates = extraCertificates();
  for (const name of readdirSync("/proc/self/fd")) {
    if (Number(name) > 2 && isInherited(name, certificates)) closeSync(Number(name));
  }
}

function extraCertificates(): string | null {
  const file = process.env.NODE_EXTRA_CA_CERTS;
  try {
    return file ? realpathSync(file) : null;
  } catch {
    // Node has said that it cannot be read.
    return null;
  }
}

function isInherited(descriptor: string, certificates: string | null): boolean {
  try {
    if (certificates !== null && readlinkSync(`/proc/self/fd/${descriptor}`) === certificates) return false;
    const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch (error) {
    // That by which the folder was read is closed again.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
