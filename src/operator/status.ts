/** The status of a cloud: what of it is not as it should be. What no record proves dead is kept, and named here. */
import { disagreementOn } from "../drives/look.ts";
import { isUndecided } from "../host/errors.ts";
import type { Hosts } from "../hosts/hosts.ts";
import { unknownServers } from "../servers/lifecycle/look.ts";
import type { Store } from "../store/store.ts";

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
  readonly kind: "server" | "drive";
  readonly uuid: string;
  /** What is wanted of the object, such as `start`. */
  readonly wants: string;
  readonly wantedSinceMs: number;
  readonly attempts: number;
  readonly nextTryMs: number;
  readonly lastError: string;
};

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
};

export type CloudStatus = {
  readonly hosts: readonly HostStatus[];
  readonly unknown: readonly Unknown[];
  readonly late: readonly LateOperation[];
};

/** Asks all hosts. One that does not answer is said to be silent. Errors: the store's, and a host's refusals. */
export async function statusOf(dependencies: Dependencies): Promise<CloudStatus> {
  const parts = await Promise.all(
    [...dependencies.hosts].map(([name]) =>
      hostStatus(dependencies, name).catch((error: unknown) => {
        if (!isUndecided(error)) throw error;
        return silent(dependencies, name);
      }),
    ),
  );
  return {
    hosts: parts.map(({ host }) => host),
    unknown: parts.flatMap(({ unknown }) => unknown),
    late: await lateOperations(dependencies.store),
  };
}

type HostPart = { readonly host: HostStatus; readonly unknown: readonly Unknown[] };

async function hostStatus(dependencies: Dependencies, name: string): Promise<HostPart> {
  const instances = await dependencies.hosts.get(name).servers.list();
  const servers = await unknownServers(dependencies, name);
  const drives = await disagreementOn(dependencies, name);
  const host = {
    ...{ name, answers: true, ...(await countsOn(dependencies.store, name)), lost: drives.lost },
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
    ...(await countsOn(store, name)),
    unresponsive: [],
    lost: [],
  };
  return { host, unknown: [] };
}

const countsOn = (store: Store, name: string) =>
  store.transaction(async (tx) => {
    const count = async (table: "servers" | "drives") => {
      const query = tx.selectFrom(table).select(({ fn }) => fn.countAll<number>().as("count"));
      return Number((await query.where("host", "=", name).executeTakeFirstOrThrow()).count);
    };
    return { servers: await count("servers"), drives: await count("drives") };
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
