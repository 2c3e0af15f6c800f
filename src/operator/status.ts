/**
 * The status of a cloud: what there is, and what of it is not as it should be. What no record proves dead is kept, and
 * named here.
 */
import type { FileSystem } from "../base/file-system.ts";
import { disagreementOn } from "../drives/look.ts";
import { isUndecided } from "../host/errors.ts";
import { findHost, type Hosts } from "../hosts/hosts.ts";
import { type Room, roomOf } from "../placement/room.ts";
import { unknownServers } from "../servers/lifecycle/look.ts";
import type { Store } from "../store/store.ts";
import { type DamagedRecord, damagedRecords } from "./damaged-records.ts";
import { type Miscounted, miscounted } from "./miscounted.ts";
import type { Trouble } from "./troubles.ts";

type Dependencies = { readonly store: Store; readonly hosts: Hosts };

/** What is there on a host and not in the store, or otherwise than there. */
export type Unknown = {
  readonly kind: "server" | "drive";
  readonly uuid: string;
  readonly host: string;
  /** Since when a server runs, in milliseconds since the epoch; null of a drive's file. */
  readonly runsSinceMs: number | null;
  /** A drive's file that cannot be adopted: its secret is only in the store that it comes from. */
  readonly encrypted: boolean;
};

/** An operation that has failed, and is tried again. */
export type LateOperation = {
  readonly kind: "server" | "drive" | "account";
  readonly uuid: string;
  /** What is wanted of the object, such as `start`. */
  readonly wants: string;
  readonly wantedSinceMs: number;
  readonly attempts: number;
  readonly nextTryMs: number;
  readonly lastError: string;
};

/** An operation that is under way for long, and has not failed yet. */
export type SlowOperation = Pick<LateOperation, "kind" | "uuid" | "wants" | "wantedSinceMs">;

export type HostStatus = {
  readonly name: string;
  readonly answers: boolean;
  /** How many the store knows of there. */
  readonly servers: number;
  readonly drives: number;
  /** Servers whose QEMU runs and does not answer; they can be stopped. */
  readonly unresponsive: readonly string[];
  /** Drives whose files are not there. */
  readonly lost: readonly string[];
  /** What it has to allocate; null of one that has never said what it is, or whose record is damaged. */
  readonly room: Room | null;
};

/** What the daemon says of itself and its machine. */
export type DaemonStatus = {
  readonly version: string;
  readonly pid: number;
  readonly sinceMs: number;
  /** Where the API is, and where metrics and health are told, null for nowhere. */
  readonly api: string;
  readonly admin: string | null;
  /** Why callers are not to be led to it now; null when they are. */
  readonly unready: string | null;
  /** The disks of the home and of its drives: null where that cannot be seen. */
  readonly disks: Readonly<Record<"home" | "drives", FileSystem | null>>;
  /** How many seconds accounting time is ahead of the machine's clock, behind where below zero; 0 where that is little. */
  readonly clockApartS: number;
  /** Parts of the guests' network that are out of order. */
  readonly outOfOrder: readonly string[];
  /** How often the storage daemon was launched and lost. */
  readonly storageDaemons: { readonly launches: number; readonly losses: number };
  /** What went wrong lately, the latest first; all of it is tried again, or was told to whoever has it. */
  readonly troubles: readonly Trouble[];
};

/** The same, but for where it listens. */
export type OwnStatus = Omit<DaemonStatus, "api" | "admin">;

export type CloudStatus = {
  readonly hosts: readonly HostStatus[];
  readonly unknown: readonly Unknown[];
  readonly late: readonly LateOperation[];
  readonly slow: readonly SlowOperation[];
  /** Rows of the store that cannot be read. */
  readonly damaged: readonly DamagedRecord[];
  /** Objects whose use is not counted as they are. */
  readonly miscounted: readonly Miscounted[];
};

/** How long an operation may be under way that is none of those that take their time. */
const SLOW_MS = 120_000;
/**
 * Imagings take as long as their drives are large, and wait for their turn before; a suspension gives servers their time to
 * shut down.
 */
const LONG_ACTIONS = ["copy", "suspend"];

/** Asks all hosts. One that does not answer is said to be silent. Errors: the store's, and a host's refusals. */
export async function statusOf(dependencies: Dependencies): Promise<CloudStatus> {
  const parts = await hostParts(dependencies);
  return {
    hosts: parts.map(({ host }) => host),
    unknown: parts.flatMap(({ unknown }) => unknown),
    late: await lateOperations(dependencies.store),
    slow: await slowOperations(dependencies.store),
    damaged: await damagedRecords(dependencies.store),
    miscounted: await miscounted(dependencies.store),
  };
}

/** How many objects there are of which store and hosts do not agree, by what does not. */
export async function disagreements(
  dependencies: Dependencies,
): Promise<Record<"unknown_server" | "unknown_drive" | "lost_drive", number>> {
  const parts = await hostParts(dependencies);
  const unknown = parts.flatMap((part) => part.unknown);
  const servers = unknown.filter(({ kind }) => kind === "server").length;
  return {
    unknown_server: servers,
    unknown_drive: unknown.length - servers,
    lost_drive: parts.reduce((sum, { host }) => sum + host.lost.length, 0),
  };
}

/** What all hosts say, or that they are silent. Errors: the store's, and a host's refusals. */
const hostParts = (dependencies: Dependencies): Promise<readonly HostPart[]> =>
  Promise.all(
    [...dependencies.hosts].map(([name]) =>
      hostStatus(dependencies, name).catch((error: unknown) => {
        if (!isUndecided(error)) throw error;
        return silent(dependencies, name);
      }),
    ),
  );

type HostPart = { readonly host: HostStatus; readonly unknown: readonly Unknown[] };

async function hostStatus(dependencies: Dependencies, name: string): Promise<HostPart> {
  const instances = await dependencies.hosts.get(name).servers.list();
  const servers = await unknownServers(dependencies, name);
  const drives = await disagreementOn(dependencies, name);
  const host = {
    ...{ name, answers: true, ...(await heldOn(dependencies.store, name)), lost: drives.lost },
    unresponsive: instances.flatMap((each) =>
      each.state !== "ended" && !each.responsive ? [each.uuid] : [],
    ),
  };
  const unknown: Unknown[] = [
    ...servers.map(
      ({ uuid, started }) =>
        ({ kind: "server", uuid, host: name, runsSinceMs: started * 1000, encrypted: false }) as const,
    ),
    ...drives.unknown.map(
      ({ drive, encrypted }) =>
        ({ kind: "drive", uuid: drive, host: name, runsSinceMs: null, encrypted }) as const,
    ),
  ];
  return { host, unknown };
}

async function silent({ store }: Dependencies, name: string): Promise<HostPart> {
  const host = {
    name,
    answers: false,
    ...(await heldOn(store, name)),
    unresponsive: [],
    lost: [],
  };
  return { host, unknown: [] };
}

/** What the store knows to be there. */
export const heldOn = (store: Store, name: string) =>
  store.snapshot(async (tx) => {
    const count = async (table: "servers" | "drives") => {
      const query = tx.selectFrom(table).select(({ fn }) => fn.countAll<number>().as("count"));
      return Number((await query.where("host", "=", name).executeTakeFirstOrThrow()).count);
    };
    const host = await findHost(tx, name);
    return {
      ...{ servers: await count("servers"), drives: await count("drives") },
      room: host === null ? null : roomOf(host),
    };
  });

async function lateOperations(store: Store): Promise<readonly LateOperation[]> {
  const rows = await store.transaction((tx) =>
    tx
      .selectFrom("operations")
      .selectAll()
      .where("last_error", "is not", null)
      .orderBy("recorded_ms")
      .execute(),
  );
  return rows.map((row) => ({
    kind: row.noun,
    uuid: row.object,
    wants: row.action,
    wantedSinceMs: row.recorded_ms,
    attempts: row.attempts + 1,
    nextTryMs: row.next_try_ms,
    lastError: row.last_error ?? "",
  }));
}

async function slowOperations(store: Store): Promise<readonly SlowOperation[]> {
  const rows = await store.transaction((tx) =>
    tx
      .selectFrom("operations")
      .select(["noun", "object", "action", "recorded_ms"])
      .where("last_error", "is", null)
      .where("action", "not in", LONG_ACTIONS)
      .where("recorded_ms", "<", Date.now() - SLOW_MS)
      .orderBy("recorded_ms")
      .execute(),
  );
  return rows.map((row) => ({
    ...{ kind: row.noun, uuid: row.object, wants: row.action, wantedSinceMs: row.recorded_ms },
  }));
}
