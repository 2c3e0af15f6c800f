/**
 * What is recorded of a host's drives, compared with what is on it. A file that no row knows is kept: an absent row is
 * never an order to destroy.
 */
import type { Selectable } from "kysely";
import { recordDisk } from "../hosts/hosts.ts";
import { makeDue } from "../operations/lease.ts";
import type { Look } from "../operations/watch.ts";
import { statement } from "../store/statement.ts";
import type { Store } from "../store/store.ts";
import type { Tables } from "../store/tables.ts";
import type { DriveDependencies } from "./dependencies.ts";
import { isEncrypted } from "./unknown.ts";

/** What of a host's drives does not agree with the store, by their uuids. */
export type Disagreement = {
  /** Files that no row knows; of one that is encrypted the secret is not there either. */
  readonly unknown: readonly { readonly drive: string; readonly encrypted: boolean }[];
  /** Drives whose files are not there. */
  readonly lost: readonly string[];
};

/** A drive of which the store and its host do not agree. */
export type DriveDisagreement = {
  readonly drive: string;
  readonly host: string;
  /** `unknown`: a file that no row knows; `lost`: a row whose file is not there. */
  readonly is: keyof Disagreement;
};

export type DriveLookOptions = DriveDependencies & {
  /** Told once of each drive of which store and host do not agree, and again once they did in between. */
  readonly onDisagreement: (drive: DriveDisagreement) => void;
};

/**
 * Makes the function that looks at a host: it makes imagings due that wait for what changed, and when it looks at
 * everything, it records the space on the disk and compares the files with the rows.
 */
export function lookAtDrives(options: DriveLookOptions): Look {
  const { store, hosts, worker } = options;
  const disagreements = new Disagreements(options.onDisagreement);
  return async (name, objects) => {
    const disk = objects === null ? await hosts.get(name).drives.space() : null;
    // What is lost of it the next look makes up for; a sync would hold up whoever waits for what this event is about.
    await store.transaction(
      async (tx) => {
        if (objects !== null) await makeDue(tx, objects);
        if (disk !== null) await recordDisk(tx, name, disk);
      },
      { durable: false },
    );
    if (objects !== null) void worker.look();
    else disagreements.tell(name, await disagreementOn(options, name));
  };
}

/** Tells of each drive once. */
class Disagreements {
  readonly #onDisagreement: DriveLookOptions["onDisagreement"];
  #told = new Set<string>();

  constructor(onDisagreement: DriveLookOptions["onDisagreement"]) {
    this.#onDisagreement = onDisagreement;
  }

  tell(host: string, { unknown, lost }: Disagreement): void {
    const disagreements: DriveDisagreement[] = [
      ...unknown.map(({ drive }) => ({ drive, host, is: "unknown" }) as const),
      ...lost.map((drive) => ({ drive, host, is: "lost" }) as const),
    ];
    const keys = disagreements.map(({ drive, is }) => `${host} ${is} ${drive}`);
    for (const [at, each] of disagreements.entries())
      if (!this.#told.has(keys[at] ?? "")) this.#onDisagreement(each);
    const ofOthers = [...this.#told].filter((key) => !key.startsWith(`${host} `));
    this.#told = new Set([...ofOthers, ...keys]);
  }
}

/** Compares the host's files with the rows. What was made or destroyed while it looks is no disagreement. */
export async function disagreementOn(
  { store, hosts }: Pick<DriveDependencies, "store" | "hosts">,
  name: string,
): Promise<Disagreement> {
  const { drives } = hosts.get(name);
  const files = new Set(await drives.list());
  const phases = await phasesOn(store, name);
  const unknown: Disagreement["unknown"][number][] = [];
  // A row is there before its file, and goes after it: a file that is still there then was there without one.
  for (const uuid of files) {
    const file = phases.has(uuid) ? null : await drives.describe(uuid);
    if (file !== null) unknown.push({ drive: uuid, encrypted: isEncrypted(file) });
  }
  const lost: string[] = [];
  for (const [uuid, phase] of phases) {
    if (phase === "ready" && !files.has(uuid) && (await drives.describe(uuid)) === null) lost.push(uuid);
  }
  const now = lost.length === 0 ? phases : await phasesOn(store, name);
  return { unknown, lost: lost.filter((uuid) => now.get(uuid) === "ready") };
}

const phasesOn = (store: Store, host: string) =>
  store.transaction(async (tx) => {
    const { rows } = await drivesOn(tx, { host });
    return new Map(rows.map(({ uuid, phase }) => [uuid, phase]));
  });

const drivesOn = statement<{ host: string }, Pick<Selectable<Tables["drives"]>, "uuid" | "phase">>(
  (db, param) => db.selectFrom("drives").select(["uuid", "phase"]).where("host", "=", param("host")),
);
