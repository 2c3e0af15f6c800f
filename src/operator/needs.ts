/** What of a cloud needs a person now, each with why, in words: what `lodge status` says, as data. */
import { apartSentence } from "../base/clock.ts";
import { inOneLine } from "../base/one-line.ts";
import type { CloudStatus, DaemonStatus, HostStatus } from "./status.ts";

/** What is not as it should be. */
export const MATTERS = [
  ...["daemon", "silent", "unresponsive", "lost", "unknown"],
  ...["late", "slow", "damaged", "miscounted"],
] as const;

export type Matter = (typeof MATTERS)[number];

export type Need = {
  readonly matter: Matter;
  /** Why, as a sentence without its subject where there is an object. */
  readonly says: string;
  readonly host?: string;
  /** Of which kind the object is, such as `drive`. */
  readonly kind?: string;
  /** A uuid, an address, a network or a name. */
  readonly object?: string;
  readonly user?: string;
  /** What is wanted of it, and since when, in milliseconds since the epoch. */
  readonly wants?: string;
  readonly sinceMs?: number;
  readonly attempts?: number;
  readonly nextMs?: number;
};

/** Of the daemon, what can be wrong with it. */
export type DaemonHealth = Pick<DaemonStatus, "unready" | "disks" | "clockApartS" | "outOfOrder">;

type Status = CloudStatus & { readonly daemon: DaemonHealth };

/** With less free than this a disk is full: drives get no more of it, and the store goes on for what ends and destroys. */
const FULL_BYTES = 64 * 2 ** 20;

/** With fewer left nothing is made soon: each drive is a file, and so is much that is written whole. */
const FEW_FILES = 64;

const UNREADY: Readonly<Record<string, string>> = {
  stopping: "it is being stopped",
  store_unavailable: "the store does not answer",
};

export const UNRESPONSIVE = "runs and does not answer: it can be stopped";

export const lostOn = (host: string) => `is in the store, and its file is not on ${host}`;

/** Whether nothing needs a person: what went wrong lately and is over does not. */
export const isWell = (status: Status): boolean => needsOf(status).length === 0;

/** The gravest first. */
export function needsOf(status: Status): readonly Need[] {
  const { daemon, hosts, damaged, miscounted } = status;
  return [
    ...daemonTroubles(daemon).map((says): Need => ({ matter: "daemon", says })),
    ...hosts.flatMap(needsOfHost),
    ...underWay(status),
    ...unknownOf(status),
    ...damaged.map(
      ({ kind, name, columns, costs }): Need => ({
        ...{ matter: "damaged", kind, object: inOneLine(name) },
        says: `is damaged in the store (${columns.join(", ")}): ${costs}`,
      }),
    ),
    ...miscounted.map(
      ({ user, resource, object, amount, counted }): Need => ({
        ...{ matter: "miscounted", object, user },
        says: `has ${amount ?? "nothing"} of ${resource}, and is counted as ${counted ?? "nothing"}: a defect of Lodge`,
      }),
    ),
  ];
}

function needsOfHost({ name: host, answers, unresponsive, lost }: HostStatus): readonly Need[] {
  return [
    ...(answers
      ? []
      : [{ matter: "silent", kind: "host", object: host, host, says: "does not answer" } as const]),
    ...unresponsive.map(
      (object): Need => ({ matter: "unresponsive", host, kind: "server", object, says: UNRESPONSIVE }),
    ),
    ...lost.map((object): Need => ({ matter: "lost", host, kind: "drive", object, says: lostOn(host) })),
  ];
}

/** What is late, and what is slow. */
const underWay = ({ late, slow }: Status): readonly Need[] => [
  ...late.map(
    ({
      kind,
      uuid: object,
      wants,
      wantedSinceMs: sinceMs,
      attempts,
      nextTryMs: nextMs,
      lastError,
    }): Need => ({
      ...{ matter: "late", kind, object, wants, sinceMs, attempts, nextMs },
      says: `is tried again until it succeeds: ${inOneLine(lastError)}`,
    }),
  ),
  ...slow.map(
    ({ kind, uuid: object, wants, wantedSinceMs: sinceMs }): Need => ({
      ...{ matter: "slow", kind, object, wants, sinceMs },
      says: "is under way for long: what it waits for has not answered yet",
    }),
  ),
];

const unknownOf = ({ unknown }: Status): readonly Need[] =>
  unknown.map(({ kind, uuid: object, host, runsSinceMs, encrypted }) => ({
    ...{ matter: "unknown", kind, object, host },
    ...(runsSinceMs === null ? {} : { sinceMs: runsSinceMs }),
    says: encrypted
      ? "is not in the store, and encrypted: lodge forget removes it"
      : "is not in the store: lodge adopt takes it in, lodge forget ends it",
  }));

export function daemonTroubles({ unready, disks, outOfOrder, clockApartS }: DaemonHealth): string[] {
  return [
    ...(unready === null ? [] : [`callers are not to be led here: ${UNREADY[unready] ?? unready}`]),
    ...Object.entries(disks).flatMap(([name, disk]) =>
      disk !== null && disk.freeBytes < FULL_BYTES
        ? [`the disk of the ${nameOf(name)} is full: see "A full disk" in docs/operating.md`]
        : [],
    ),
    ...Object.entries(disks).flatMap(([name, disk]) =>
      disk !== null && disk.freeFiles !== null && disk.freeFiles < FEW_FILES
        ? [`the disk of the ${nameOf(name)} holds no more files: see LodgeFilesShort in docs/runbook.md`]
        : [],
    ),
    ...(clockApartS === 0 ? [] : [apartSentence(clockApartS)]),
    ...outOfOrder.map((part) => `${part} is out of order, and is tried again`),
  ];
}

const nameOf = (disk: string) => (disk === "home" ? "home" : "home's drives");
