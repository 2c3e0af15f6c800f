/** The guest of the rounds: it counts, in memory, for as long as it runs, and takes next to no time for it. */
import { parseUuid } from "../../src/base/ids.ts";
import { bootDisk } from "../../src/host/qemu/boot-sector.ts";
import { serverProcesses } from "../../src/host/qemu/find-servers.ts";
import { type RunDirectory, runDirectory, serversFolder } from "../../src/host/qemu/run-directory.ts";
import { connectQmp } from "../../src/host/wire/qmp.ts";
import type { Count } from "./records.ts";

const COUNTER = 0x1000;
/** Beside the counter: nobody else writes that there. */
const SIGN = 0x1badb002;

/** Counts the interrupts of the timer, 18 in a second. */
const CODE = [
  ...[0x31, 0xc0, 0x8e, 0xd8], //        xor ax,ax; mov ds,ax
  ...[0x66, 0xa3, 0x00, 0x10], //        mov [1000],eax
  ...[0x66, 0xc7, 0x06, 0x04, 0x10, 0x02, 0xb0, 0xad, 0x1b], // mov dword [1004],sign
  0xfb, //                               sti
  0xf4, //                         next: hlt
  ...[0x66, 0xff, 0x06, 0x00, 0x10], //  inc dword [1000]
  ...[0xeb, 0xf8], //                    jmp next
];

/** What a disk that it boots from begins with. */
export const BOOT_SECTOR = bootDisk(CODE).subarray(0, 512);

const directoryOf = (runDir: string, server: string): RunDirectory =>
  runDirectory(serversFolder(runDir), server);

/** The process of each server that runs. */
export async function guestProcesses(runDir: string): Promise<Map<string, number>> {
  const processes = await serverProcesses(serversFolder(runDir), null);
  return new Map([...processes].map(([uuid, { pid }]) => [parseUuid(uuid) ?? uuid, pid]));
}

/** How far the guest of the server, which runs in that process, has counted; null before it does. */
export async function countOf(runDir: string, server: string, pid: number): Promise<Count | null> {
  const qmp = await connectQmp(directoryOf(runDir, server).sockets.operator);
  try {
    const dump = await qmp.execute<string>("human-monitor-command", {
      "command-line": `xp /2wx ${COUNTER}`,
    });
    const [count = 0, sign] = [...dump.matchAll(/ 0x([0-9a-f]{8})/g)].map(([, word]) => Number(`0x${word}`));
    return sign === SIGN ? { pid, count } : null;
  } finally {
    qmp.close();
  }
}
