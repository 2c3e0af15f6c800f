/**
 * The lines of `lodge status`: what runs, how much room there is, and then only what is not as it should be, with why.
 * What no record proves dead is kept and shown here, until the operator says what is to become of it.
 */

import type { FileSystem } from "../../base/file-system.ts";
import { inOneLine } from "../../base/one-line.ts";
import type { Miscounted } from "../../operator/miscounted.ts";
import { daemonTroubles, isWell, lostOn, UNRESPONSIVE } from "../../operator/needs.ts";
import type { CloudStatus, DaemonStatus, HostStatus, LateOperation } from "../../operator/status.ts";
import { counted, duration, sizeText } from "./amounts.ts";

/** What a daemon that runs answers. */
export type RunningStatus = CloudStatus & { readonly daemon: DaemonStatus };

/** The status as lines of text. Errors that came in several lines are shown in one. */
export function renderStatus(status: RunningStatus, nowMs: number): string[] {
  const { daemon, hosts, unknown, late, slow, damaged, miscounted } = status;
  const width = Math.max(...hosts.map(({ name }) => name.length), "drives".length) + 2;
  return [
    ...daemonLines(daemon, nowMs),
    ...section(
      "Hosts",
      hosts.flatMap((host) => [`${host.name.padEnd(width)}${hostState(host)}`, ...roomLines(host, width)]),
    ),
    ...section(
      "Disks",
      Object.entries(daemon.disks).map(([name, disk]) => `${name.padEnd(width)}${diskState(disk)}`),
    ),
    ...section(
      "Not in the store: kept as they are, until lodge adopt takes them in or lodge forget ends them",
      unknown.map(({ kind, uuid, host, runsSinceMs, encrypted }) => {
        const since = runsSinceMs === null ? "" : `, runs for ${duration(nowMs - runsSinceMs)}`;
        const cannot = encrypted ? ", encrypted: it cannot be adopted" : "";
        return `${kind.padEnd(6)} ${uuid} on ${host}${since}${cannot}`;
      }),
    ),
    ...section(
      "Late: tried again until they succeed",
      late.flatMap((operation) => lateLines(operation, nowMs)),
    ),
    ...section(
      "Under way for long: what they wait for has not answered yet",
      slow.map(
        ({ kind, uuid, wants, wantedSinceMs }) =>
          `${kind.padEnd(6)} ${uuid} ${wants}, wanted for ${duration(nowMs - wantedSinceMs)}`,
      ),
    ),
    ...section(
      "Damaged in the store: what is not refused goes on, and a backup has them whole",
      damaged.flatMap(({ kind, name, columns, costs }) => [
        `${kind.padEnd(6)} ${inOneLine(name)}: ${columns.join(", ")}`,
        `       ${costs}`,
      ]),
    ),
    ...section(
      "Counted otherwise than they are: a defect of Lodge, which charges their accounts too much or too little",
      miscounted.map(miscountedLine),
    ),
    ...section("Not as they should be", [...daemonTroubles(daemon), ...hosts.flatMap(hostTroubles)]),
    ...section("Went wrong in the last hour, and was tried again", latelyLines(daemon, nowMs)),
    ...(isWell(status) ? ["", "All is well."] : []),
  ];
}

/** What is seen of a cloud whose daemon does not answer. */
export type Alone = {
  /** The folder of its home. */
  readonly dir: string;
  readonly servers: number;
  /** Its runtime directory, where that is not there; else null. */
  readonly gone: string | null;
  /** Whether a daemon works with the home all the same. */
  readonly isHeld: boolean;
};

export function renderAlone({ dir, servers, gone, isHeld }: Alone): readonly string[] {
  const run = `${counted(servers, "server")} of it still ${servers === 1 ? "runs" : "run"}`;
  const left = servers === 0 || gone === null ? [] : [`${run}, as processes show: ${WITHOUT_SOCKETS}`, WHOSE];
  if (isHeld) {
    const restart = "The daemon listens again once it is started anew";
    return [
      `A daemon works with the home ${dir}, and cannot be asked: ${gone} is gone, where it listens`,
      ...[restart, ...left],
    ];
  }
  const found = servers === 0 || gone !== null ? [] : [`${run}: the next start finds what runs`];
  return [`Lodge is not running with the home ${dir}`, ...found, ...left];
}

const WITHOUT_SOCKETS =
  "their sockets are gone, so that the next start finds them, and can stop them without asking them";
const WHOSE =
  "It is not known whether they are this home's, or those of another one with its identity, such as its original";

function daemonLines({ version, pid, sinceMs, api, admin }: DaemonStatus, nowMs: number): string[] {
  const metrics = admin === null ? "" : `, metrics at ${admin}/metrics`;
  return [`Lodge ${version} runs for ${duration(nowMs - sinceMs)} (process ${pid}) at ${api}${metrics}`];
}

function latelyLines({ storageDaemons, troubles }: DaemonStatus, nowMs: number): string[] {
  const { losses } = storageDaemons;
  return [
    ...troubles.map(({ message, count, lastMs }) => {
      const often = count === 1 ? "" : `, ${count} times`;
      return `${duration(nowMs - lastMs)} ago${often}: ${message}`;
    }),
    ...(losses === 0
      ? []
      : [`the storage daemon was lost ${losses === 1 ? "once" : `${losses} times`} since the start`]),
  ];
}

function hostTroubles({ name, unresponsive, lost }: HostStatus): string[] {
  return [
    ...unresponsive.map((uuid) => `server ${uuid} on ${name} ${UNRESPONSIVE}`),
    ...lost.map((uuid) => `drive  ${uuid} ${lostOn(name)}`),
  ];
}

/** Nothing at all when there is nothing to say. */
function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}

function hostState({ answers, servers, drives }: HostStatus): string {
  const holds = `${counted(servers, "server")}, ${counted(drives, "drive")}`;
  return answers ? `answers: ${holds}` : `does not answer; last known: ${holds}`;
}

function roomLines({ room }: HostStatus, width: number): string[] {
  if (room === null) return [];
  const { memMib, mhz, diskBytes } = room;
  const taken = [
    `${memMib.allocated} of ${memMib.capacity} MiB of memory`,
    `${mhz.allocated} of ${mhz.capacity} MHz`,
    `${sizeText(diskBytes.allocated)} of ${sizeText(diskBytes.capacity)} of disk`,
  ];
  return [`${" ".repeat(width)}allocated: ${taken.join(", ")}`];
}

function diskState(disk: FileSystem | null): string {
  return disk === null
    ? "cannot be looked at"
    : `${sizeText(disk.freeBytes)} free of ${sizeText(disk.sizeBytes)}`;
}

function miscountedLine({ user, resource, object, amount, counted }: Miscounted): string {
  const says = (what: number | null) => (what === null ? "nothing" : String(what));
  return `${resource} of ${object} (account ${user}) is ${says(amount)}, and counted as ${says(counted)}`;
}

function lateLines(operation: LateOperation, nowMs: number): string[] {
  const { kind, uuid, wants, wantedSinceMs, attempts, nextTryMs, lastError } = operation;
  const next = nextTryMs <= nowMs ? "now" : `in ${duration(nextTryMs - nowMs)}`;
  return [
    `${kind.padEnd(6)} ${uuid} ${wants}, wanted for ${duration(nowMs - wantedSinceMs)}: ${counted(attempts, "attempt")}, the next ${next}`,
    `       ${inOneLine(lastError)}`,
  ];
}
