/**
 * The QEMU processes of this cloud, found by their command lines: each names the QMP socket that was made for its server
 * alone. Nothing need have been written down for that, so a daemon that died in the middle of a launch leaves no
 * process that the next one would not find.
 */
import { readdir, readFile } from "node:fs/promises";
import { identify, type ProcessIdentity } from "../process/process.ts";
import { ownerOfSocket } from "./run-directory.ts";

const QMP_SOCKET = /^socket,id=qmp,path=(.*),server=on,wait=off$/;

/** The QMP socket in a command line as `/proc/PID/cmdline` has it, or null. */
export function qmpSocketIn(commandLine: string): string | null {
  for (const word of commandLine.split("\0")) {
    const path = QMP_SOCKET.exec(word)?.[1];
    if (path !== undefined) return path.replaceAll(",,", ",");
  }
  return null;
}

/** The process of each server whose run directory is, or was, below `servers`. */
export async function serverProcesses(servers: string): Promise<Map<string, ProcessIdentity>> {
  const found = new Map<string, ProcessIdentity>();
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  await Promise.all(
    pids.map(async (pid) => {
      // A process that ends meanwhile is none of those that run.
      const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      const socket = qmpSocketIn(commandLine);
      const uuid = socket === null ? null : ownerOfSocket(servers, socket);
      if (uuid === null) return;
      const identity = await identify(Number(pid));
      if (identity !== null) found.set(uuid, identity);
    }),
  );
  return found;
}
