/**
 * The figures that metrics are made of, gathered once a scrape: what this daemon counts by itself, and what its store and
 * its host say when they are asked. What cannot be found out in time is absent, and keeps nothing else from being told.
 */
import { withinOr } from "../base/deadline.ts";
import { type FileSystem, fileSystemOf } from "../base/file-system.ts";
import type { HostFacts, Instance } from "../host/host.ts";
import { allHosts, type HostRecord } from "../hosts/hosts.ts";
import type { HttpFigures } from "../http/figures.ts";
import type { Health } from "../http/health.ts";
import type { MeasuredStore, StoreFigures } from "../store/measured-store.ts";
import type { EndedOperations } from "./ended-operations.ts";
import type { Counts, ObjectCounts } from "./object-counts.ts";
import { type OpenOperations, openOperations } from "./operation-figures.ts";

/** How long a part may take to be found out: Prometheus waits for 10 s by default. */
const PART_MS = 2_000;

/** How the parts of the machine do, by their own counts. */
export type MachineFigures = {
  readonly volumes: {
    readonly storageDaemons: { readonly launches: number; readonly losses: number };
    readonly copies: number;
  };
  readonly network: { readonly repairs: number; readonly outOfOrder: readonly string[] };
};

/** How many objects are there of which store and host do not agree. */
export type Disagreements = Readonly<Record<"unknown_server" | "unknown_drive" | "lost_drive", number>>;

/** Where figures come from. */
export type Sources = {
  readonly version: string;
  /** The folder of the cloud. */
  readonly home: string;
  readonly health: Pick<Health, "unready">;
  readonly store: Pick<MeasuredStore, "figures" | "snapshot">;
  readonly objects: Pick<ObjectCounts, "counts">;
  readonly operations: Pick<EndedOperations, "figures">;
  readonly http: () => HttpFigures;
  readonly machine: () => MachineFigures;
  readonly facts: () => Promise<HostFacts>;
  readonly instances: () => Promise<readonly Instance[]>;
  readonly disagreements: () => Promise<Disagreements>;
  /** How often something went wrong where nobody waited for it, by the level of its line in the log. */
  readonly troubles: () => Readonly<Record<"warn" | "error", number>>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** What the store says; of all daemons that work with it alike. */
export type StoredFigures = {
  readonly hosts: readonly HostRecord[];
  readonly operations: readonly OpenOperations[];
};

/** Null is what could not be found out in time. */
export type Figures = {
  readonly version: string;
  readonly isReady: boolean;
  readonly nowMs: number;
  readonly http: HttpFigures;
  readonly store: StoreFigures;
  readonly machine: MachineFigures;
  readonly endedOperations: EndedOperations["figures"];
  readonly troubles: Readonly<Record<"warn" | "error", number>>;
  readonly stored: StoredFigures | null;
  readonly objects: Counts | null;
  readonly facts: HostFacts | null;
  readonly instances: readonly Instance[] | null;
  readonly disagreements: Disagreements | null;
  readonly fileSystems: { readonly home: FileSystem | null; readonly drives: FileSystem | null };
};

export async function gather(sources: Sources): Promise<Figures> {
  const { store, objects, home } = sources;
  const stored = store.snapshot(async (tx) => ({
    hosts: await allHosts(tx),
    operations: await openOperations(tx),
  }));
  const [unready, ...parts] = await Promise.all([
    sources.health.unready(),
    inTime(stored),
    inTime(objects.counts()),
    inTime(sources.facts()),
    inTime(sources.instances()),
    inTime(sources.disagreements()),
    inTime(fileSystemOf(home)),
    inTime(fileSystemOf(`${home}/drives`)),
  ]);
  const [fromStore, counts, facts, instances, disagreements, homeDisk, drivesDisk] = parts;
  return {
    ...{ version: sources.version, isReady: unready === null, nowMs: sources.now() },
    ...{ http: sources.http(), store: store.figures, machine: sources.machine() },
    ...{ endedOperations: sources.operations.figures, troubles: sources.troubles() },
    ...{ stored: fromStore, objects: counts, facts, instances, disagreements },
    fileSystems: { home: homeDisk, drives: drivesDisk },
  };
}

/** Null where it fails or is late: what is wrong with it is told by who has it. */
function inTime<T>(part: Promise<T>): Promise<T | null> {
  return withinOr<T | null>(
    PART_MS,
    part.catch(() => null),
    () => null,
  );
}
