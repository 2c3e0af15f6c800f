/**
 * What is recorded of a host's drives, compared with what is on it. A file that no row knows is kept: an absent row is
 * never an order to destroy.
 */
import { recordDisk } from "../hosts/hosts.ts";
import { makeDue } from "../operations/lease.ts";
import type { Look } from "../operations/watch.ts";
import type { DriveDependencies } from "./dependencies.ts";

/** What of a host's drives does not agree with the store, by their uuids. */
export type Disagreement = {
  /** Files that no row knows. */
  readonly unknown: readonly string[];
  /** Drives whose files are not there. */
  readonly lost: readonly string[];
};

/** Makes the function that looks at a host: it makes imagings due that wait for what changed, and when it looks at
 * everything, it records the space on the disk too. */
export function lookAtDrives({ store, hosts, worker }: DriveDependencies): Look {
  return async (name, objects) => {
    const disk = objects === null ? await hosts.get(name).drives.space() : null;
    await store.transaction(async (tx) => {
      if (objects !== null) await makeDue(tx, objects);
      if (disk !== null) await recordDisk(tx, name, disk);
    });
    if (objects !== null) void worker.look();
  };
}

/** Compares the host's files with the rows. */
export async function disagreementOn(
  { store, hosts }: Pick<DriveDependencies, "store" | "hosts">,
  name: string,
): Promise<Disagreement> {
  const files = new Set(await hosts.get(name).drives.list());
  const rows = await store.transaction((tx) =>
    tx.selectFrom("drives").select(["uuid", "phase"]).where("host", "=", name).execute(),
  );
  const known = new Set(rows.map(({ uuid }) => uuid));
  return {
    unknown: [...files].filter((uuid) => !known.has(uuid)),
    lost: rows.filter(({ uuid, phase }) => phase === "ready" && !files.has(uuid)).map(({ uuid }) => uuid),
  };
}
