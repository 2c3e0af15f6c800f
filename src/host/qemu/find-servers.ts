/**
 * The QEMU processes of this cloud: found by their command lines, of which each names the QMP socket that was made for
 * its server alone, and by their control groups. Nothing need have been written down for that, so a daemon that died in
 * the middle of a launch leaves no process that the next one would not find.
 */
import { parseUuid } from "../../base/ids.ts";
import { findProcesses } from "../process/find.ts";
import { identify, type ProcessIdentity } from "../process/process.ts";
import type { CpuQuota } from "../quota/cpu-quota.ts";
import { ownerOfSocket } from "./run-directory.ts";

const QMP_SOCKET = /^socket,id=qmp,path=(.*),server=on,wait=off$/;

/** The QMP socket in the words of a command line, or null. */
export function qmpSocketIn(words: readonly string[]): string | null {
  for (const word of words) {
    const path = QMP_SOCKET.exec(word)?.[1];
    if (path !== undefined) return path.replaceAll(",,", ",");
  }
  return null;
}

/** The process of each server whose run directory is, or was, below `servers`. */
export async function serverProcesses(
  servers: string,
  quota: Pick<CpuQuota, "servers" | "members"> | null,
): Promise<Map<string, ProcessIdentity>> {
  const found = await findProcesses((words) => {
    const socket = qmpSocketIn(words);
    return socket === null ? null : ownerOfSocket(servers, socket);
  });
  const processes = new Map(found.map(({ identity, match }) => [match, identity]));
  for (const name of (await quota?.servers()) ?? []) {
    const uuid = parseUuid(name);
    if (uuid === null || processes.has(uuid)) continue;
    const [pid] = (await quota?.members(uuid)) ?? [];
    const identity = pid === undefined ? null : await identify(pid);
    if (identity !== null) processes.set(uuid, identity);
  }
  return processes;
}
