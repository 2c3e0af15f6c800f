/** The filters of system calls as files without names, from which sandboxers read them. */
import { constants, openSync, writeSync } from "node:fs";
import { filterOf, type Sockets } from "./system-calls.ts";
import { O_TMPFILE } from "./unnamed-file.ts";

/** One for each kind, for as long as this process lives. */
const files = new Map<Sockets, number>();

/** A descriptor of the filter, read from its beginning. The caller closes it once it is inherited. */
export function openFilter(sockets: Sockets): number {
  let file = files.get(sockets);
  if (file === undefined) {
    file = openSync("/dev/shm", constants.O_RDWR | O_TMPFILE, 0o600);
    writeSync(file, filterOf(sockets));
    files.set(sockets, file);
  }
  return openSync(`/proc/self/fd/${file}`, "r");
}
