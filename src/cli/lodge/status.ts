/**
 * `lodge status`: what an operator needs to know of a cloud, and nothing that is as it should be but for its hosts. What
 * no record proves dead is kept and shown here, until the operator says what is to become of it.
 */

export type HostStatus = {
  readonly name: string;
  /** Since when it has not answered, in milliseconds since 1970; null when it answers. */
  readonly silentSinceMs: number | null;
  readonly servers: number;
  readonly drives: number;
};

/** What is there on a host and not in the store. */
export type Unknown = {
  readonly kind: "server" | "drive";
  readonly uuid: string;
  readonly host: string;
  /** A server's run, or a drive's file: since when, in milliseconds since 1970. */
  readonly sinceMs: number;
};

/** An operation that has failed at least once, or is past its time. */
export type LateOperation = {
  readonly kind: "server" | "drive";
  readonly uuid: string;
  /** What is wanted of the object, such as `start`. */
  readonly wants: string;
  readonly wantedSinceMs: number;
  readonly attempts: number;
  readonly nextTryMs: number;
  readonly lastError: string;
};

export type CloudStatus = {
  readonly hosts: readonly HostStatus[];
  readonly unknown: readonly Unknown[];
  readonly late: readonly LateOperation[];
};

/** The status as lines of text. Errors that came in several lines are shown in one. */
export function renderStatus({ hosts, unknown, late }: CloudStatus, nowMs: number): string[] {
  const width = Math.max(...hosts.map(({ name }) => name.length)) + 2;
  return [
    ...section(
      "Hosts",
      hosts.map((host) => `${host.name.padEnd(width)}${hostState(host, nowMs)}`),
    ),
    ...section(
      "Not in the store: kept as they are, until lodge adopt takes them in or lodge forget ends them",
      unknown.map(
        ({ kind, uuid, host, sinceMs }) =>
          `${kind.padEnd(6)} ${uuid} on ${host}, for ${duration(nowMs - sinceMs)}`,
      ),
    ),
    ...section(
      "Late: tried again until they succeed",
      late.flatMap((operation) => lateLines(operation, nowMs)),
    ),
    ...(unknown.length + late.length === 0 ? ["", "Nothing is late, and nothing is there unknown."] : []),
  ].slice(1);
}

/** Nothing at all when there is nothing to say. */
function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}

function hostState({ silentSinceMs, servers, drives }: HostStatus, nowMs: number): string {
  const holds = `${counted(servers, "server")}, ${counted(drives, "drive")}`;
  return silentSinceMs === null
    ? `answers: ${holds}`
    : `has not answered for ${duration(nowMs - silentSinceMs)}; last known: ${holds}`;
}

function lateLines(operation: LateOperation, nowMs: number): string[] {
  const { kind, uuid, wants, wantedSinceMs, attempts, nextTryMs, lastError } = operation;
  const next = nextTryMs <= nowMs ? "now" : `in ${duration(nextTryMs - nowMs)}`;
  return [
    `${kind.padEnd(6)} ${uuid} ${wants}, wanted for ${duration(nowMs - wantedSinceMs)}: ${counted(attempts, "attempt")}, the next ${next}`,
    `       ${lastError.trim().replace(/\s*\n\s*/g, " ")}`,
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
