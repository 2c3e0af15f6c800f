/**
 * A machine that lives in memory: what it holds outlives a daemon as a real machine's files and processes do, and any
 * number of daemons may reach it at once. Whatever breaks what a real host could not do is a fault, which ends the test.
 */
import type { Duplex } from "node:stream";
import { busy } from "../../src/base/errors.ts";
import { ChangeLog } from "../../src/host/changes.ts";
import { Outdated } from "../../src/host/errors.ts";
import type {
  Check,
  Generation,
  Instance,
  JobState,
  ServerCounters,
  ServerSpec,
  Volume,
} from "../../src/host/host.ts";

/** The effects at which a fault can be made to happen. */
export type Effect =
  | "drive create"
  | "drive resize"
  | "drive destroy"
  | "copy start"
  | "copy"
  | "launch"
  | "apply"
  | "end"
  | "release"
  | "power down"
  | "reset";

/**
 * Called as each effect begins; what it throws is that effect's failure, and an await in it is the time that the effect
 * takes.
 */
export type Before = (effect: Effect, uuid: string) => Promise<void>;

/** One object from the launch to the end: it tells one run of a server from the next. */
export type SimulatedRun = {
  spec: ServerSpec;
  instance: Instance;
  counters: ServerCounters;
  /** What its QEMU takes of the machine. */
  taken: { readonly cpuMs: number; readonly residentBytes: number };
  /** When it was launched, by the machine's clock. */
  readonly launchedMs: number;
  /** The guest's ends of the sessions of its screen. */
  readonly screens: Duplex[];
  /** The guest's ends of the views of its serial port. */
  readonly serials: Duplex[];
};

export type Machine = {
  /** What its disk has for drives. */
  readonly diskBytes: number;
  readonly drives: Map<string, { volume: Volume; bytes: Buffer }>;
  /** Servers whose QEMU is there. */
  readonly servers: Map<string, SimulatedRun>;
  /** Runs that have ended and were not released. */
  readonly ended: Map<string, Extract<Instance, { state: "ended" }>>;
  /** What each server said last on its serial port. */
  readonly said: Map<string, Buffer>;
  readonly jobs: Map<string, JobState>;
  /** Which drive each job reads. */
  readonly sources: Map<string, string>;
  /** The highest generation that was seen of each object. */
  readonly fences: Map<string, Generation>;
  /** The generation up to which no launch of a server is taken any more. */
  readonly closed: Map<string, Generation>;
  readonly changes: ChangeLog;
  /** What it says that it can do for a cloud. */
  checks: readonly Check[];
  /** Networks that it has or reaches, but for the guests' own. */
  networks: readonly string[];
  /** The time since its boot, in milliseconds. */
  readonly nowMs: () => number;
};

export const emptyMachine = (diskBytes = 2 ** 30, nowMs = () => performance.now()): Machine => ({
  diskBytes,
  drives: new Map(),
  servers: new Map(),
  ended: new Map(),
  said: new Map(),
  jobs: new Map(),
  sources: new Map(),
  fences: new Map(),
  closed: new Map(),
  changes: new ChangeLog(),
  checks: [{ name: "Programs", verdict: "good", state: "all there" }],
  networks: [],
  nowMs,
});

/** Errors: Outdated, when a higher generation of the object was seen. */
export function fence({ fences }: Machine, uuid: string, generation: Generation): void {
  const seen = fences.get(uuid) ?? 0;
  if (generation < seen) throw new Outdated(uuid, generation, seen);
  fences.set(uuid, generation);
}

/** Takes no effect of the generation on the drive any more. */
export function close({ fences }: Machine, uuid: string, generation: Generation): void {
  fences.set(uuid, Math.max(fences.get(uuid) ?? 0, generation + 1));
}

/** Errors: `busy` while a job reads the drive: then nobody begins to change it. */
export function ensureNotRead({ jobs, sources }: Machine, drive: string): void {
  for (const [id, { state }] of jobs) {
    if (state === "running" && sources.get(id) === drive)
      throw busy("drive_imaged_from", `drive ${drive} is being imaged from`);
  }
}

/** Errors: `busy` while a job replaces what is on the drive: then nobody else has it. */
export function ensureNotImaged({ jobs }: Machine, drive: string): void {
  for (const [id, { state }] of jobs) {
    if (state === "running" && targetOf(id) === drive)
      throw busy("drive_imaged", `drive ${drive} is being imaged`);
  }
}

/** The drive that a job is onto, which the control plane names it by (`jobId`). */
export const targetOf = (job: string): string => job.slice(0, job.indexOf("/"));

/** The run of a server that holds the drive. */
export const holder = ({ servers }: Machine, drive: string) =>
  [...servers.values()].find(({ spec }) => spec.devices.some(({ volume }) => volume.uuid === drive));
