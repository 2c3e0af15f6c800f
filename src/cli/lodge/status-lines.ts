/**
 * The lines of `lodge status`: what an operator needs to know of a cloud, and nothing that is as it should be but for
 * its hosts. What no record proves dead is kept and shown here, until the operator says what is to become of it.
 */
import { inOneLine } from "../../base/one-line.ts";
import type { CloudStatus, HostStatus, LateOperation } from "../../operator/status.ts";

/** The status as lines of text. Errors that came in several lines are shown in one. */
export function renderStatus({ hosts, unknown, late }: CloudStatus, nowMs: number): string[] {
  const width = Math.max(...hosts.map(({ name }) => name.length)) + 2;
  return [
    ...section(
      "Hosts",
      hosts.map((host) => `${host.name.padEnd(width)}${hostState(host)}`),
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
    ...section("Not as they should be", hosts.flatMap(hostTroubles)),
    ...(isWell({ hosts, unknown, late }) ? ["", "Nothing is late, and nothing is there unknown."] : []),
  ].slice(1);
}

/** Whether all hosts answer, and everything is as it should be. */
export const isWell = ({ hosts, unknown, late }: CloudStatus): boolean =>
  hosts.every(({ answers }) => answers) &&
  unknown.length + late.length + hosts.flatMap(hostTroubles).length === 0;

function hostTroubles({ name, unresponsive, lost }: HostStatus): string[] {
  return [
    ...unresponsive.map((uuid) => `server ${uuid} on ${name} runs and does not answer: it can be stopped`),
    ...lost.map((uuid) => `drive  ${uuid} is in the store, and its file is not on ${name}`),
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

function lateLines(operation: LateOperation, nowMs: number): string[] {
  const { kind, uuid, wants, wantedSinceMs, attempts, nextTryMs, lastError } = operation;
  const next = nextTryMs <= nowMs ? "now" : `in ${duration(nextTryMs - nowMs)}`;
  return [
    `${kind.padEnd(6)} ${uuid} ${wants}, wanted for ${duration(nowMs - wantedSinceMs)}: ${counted(attempts, "attempt")}, the next ${next}`,
    `       ${inOneLine(lastError)}`,
  ];
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** Rounded down to the largest unit that it fills: `3 hours`. */
function duration(ms: number): string {
  const [noun, unitMs] = UNITS.find(([, unitMs]) => ms >= unitMs) ?? ["second", 1000];
  return counted(Math.floor(Math.max(0, ms) / unitMs), noun);
}
