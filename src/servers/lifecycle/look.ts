/**
 * Looking at a host's servers: what is recorded of them is compared with what runs there. Ends that came by themselves
 * are settled, and what a host that was restarted does not know any more it is told again. Each server by itself: one
 * that fails stands in no other's way.
 */
import type { Kysely, Selectable } from "kysely";
import { DeadlineExceeded, within, withinOr } from "../../base/deadline.ts";
import { KeyedLock } from "../../base/keyed-lock.ts";
import { Outdated } from "../../host/errors.ts";
import type { Instance, ServerHost } from "../../host/host.ts";
import type { Look } from "../../operations/watch.ts";
import { statement, statementOfValues } from "../../store/statement.ts";
import type { Store, Tx } from "../../store/store.ts";
import type { Tables } from "../../store/tables.ts";
import type { ServerDependencies } from "../dependencies.ts";
import { findServer } from "../rows.ts";
import type { Phase } from "../server.ts";
import { compare, type Finding, type Recorded } from "./compare.ts";
import { isNotRunning, settleEnded } from "./end.ts";
import { recordRunStates, type SeenState } from "./run-states.ts";
import { specOf } from "./spec.ts";

/** How long a look waits for one server's host; what hangs goes on by itself. */
const PATIENCE_MS = 5_000;

/** A server that runs as the store does not know it. */
export type UnknownServer = { readonly uuid: string; readonly host: string; readonly generation: number };

export type ServerLookOptions = ServerDependencies & {
  /** Told once of each server that runs as the store does not know it, and is kept. */
  readonly onUnknown: (server: UnknownServer) => void;
  /** Told what a host could not be told again; it is tried again. */
  readonly onTrouble: (error: unknown) => void;
  readonly patienceMs?: number;
};

/** Makes the function that looks at a host's servers. */
export function lookAtServers(options: ServerLookOptions): Look {
  const look = new ServerLook(options);
  return (host, objects) => look.at(host, objects);
}

type Row = { readonly uuid: string; readonly runState: SeenState } & Recorded;
type Pair = { readonly uuid: string; readonly recorded: Row | null; readonly instance: Instance | null };

class ServerLook {
  readonly #options: ServerLookOptions;
  /** Servers that ran before this process, of which their host is to be told again; null before the first whole look. */
  #untold: Set<string> | null = null;
  readonly #said = new Set<string>();
  readonly #inOrder = new KeyedLock();

  constructor(options: ServerLookOptions) {
    this.#options = options;
  }

  async at(host: string, objects: readonly string[] | null): Promise<void> {
    const { store, hosts } = this.#options;
    const { servers } = hosts.get(host);
    // The rows first: an answer that comes later and knows of no run is about them.
    const rows = await recordedOn(store, host, objects);
    const instances = await instancesOn(servers, objects);
    if (objects === null) this.#untold ??= new Set(instances.map(({ uuid }) => uuid));
    const pairs = paired(rows, instances, objects);
    const due = pairs.filter(({ recorded, instance }) => isDue(compare(recorded, instance)));
    const outcomes = await Promise.allSettled(due.map((pair) => this.#followWithin(host, pair)));
    const running = pairs.filter(
      (pair) => compare(pair.recorded, pair.instance) === "agrees" && pair.instance !== null,
    );
    await this.#tellAgain(host, running);
    await recordRunStates(store, running);
    const faults = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason as Error] : []));
    if (faults.length > 0) throw new AggregateError(faults, `${faults.length} servers could not be settled`);
  }

  /** Follows it, one look at a time. Errors: DeadlineExceeded, when its host hangs; no other server waits for that. */
  async #followWithin(host: string, pair: Pair): Promise<void> {
    const { uuid } = pair;
    const { patienceMs = PATIENCE_MS } = this.#options;
    const what = `settling what became of server ${uuid}`;
    const late = () => new DeadlineExceeded(what, patienceMs);
    const followed = this.#inOrder.runWithin(patienceMs, uuid, late, () => this.#follow(host, pair));
    await within(patienceMs, what, followed);
  }

  async #follow(host: string, { uuid, recorded, instance }: Pair): Promise<void> {
    const { store, hosts } = this.#options;
    const finding = compare(recorded, instance);
    if (!isDue(finding)) return;
    if (finding === "ended") {
      await settleEnded(this.#options, { uuid, host, generation: recorded?.generation ?? 0 }, instance);
      return;
    }
    if (instance === null) return;
    // What is known of it may be younger than the rows that were read.
    const [now = null] = await store.transaction((tx) => recordedIn(tx, host, [uuid]));
    if (compare(now, instance) !== finding) return;
    if (finding === "release") await hosts.get(host).servers.release(uuid, instance.generation);
    else this.#say({ uuid, host, generation: instance.generation });
  }

  #say(server: UnknownServer): void {
    const key = `${server.uuid} ${server.generation}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#options.onUnknown(server);
  }

  /** Waits for it for a while: a host that hangs keeps nobody from looking on. */
  async #tellAgain(host: string, pairs: readonly Pair[]): Promise<void> {
    const telling = pairs
      .filter(({ uuid }) => this.#untold?.delete(uuid))
      .map(({ uuid }) => {
        return this.#tell(host, uuid).catch((error: unknown) => {
          this.#untold?.add(uuid);
          this.#options.onTrouble(error);
        });
      });
    if (telling.length > 0) await withinOr<unknown>(PATIENCE_MS, Promise.all(telling), () => null);
  }

  async #tell(host: string, uuid: string): Promise<void> {
    const { store, hosts, keyring } = this.#options;
    const known = await store.transaction(async (tx) => {
      const server = await findServer(tx, uuid);
      if (server?.phase !== "active") return null;
      return { spec: await specOf(tx, server, keyring), generation: server.generation };
    });
    if (known === null) return;
    try {
      await hosts.get(host).servers.apply(known.spec, known.generation);
    } catch (error) {
      // A later intent tells it, or it has ended.
      if (!(error instanceof Outdated) && !isNotRunning(error)) throw error;
    }
  }
}

/** Whether something is to be done about it here. Of most servers nothing is, and those are passed over at once. */
const isDue = (finding: Finding) => finding !== "agrees" && finding !== "under way";

/** All servers on the host that run as the store does not know them. */
export async function unknownServers(
  { store, hosts }: Pick<ServerDependencies, "store" | "hosts">,
  host: string,
): Promise<readonly Instance[]> {
  const instances = await hosts.get(host).servers.list();
  const rows = new Map((await recordedOn(store, host, null)).map((row) => [row.uuid, row]));
  return instances.filter((instance) => compare(rows.get(instance.uuid) ?? null, instance) === "unknown");
}

async function instancesOn(
  servers: ServerHost,
  objects: readonly string[] | null,
): Promise<readonly Instance[]> {
  if (objects === null) return servers.list();
  const found = await Promise.all(objects.map((uuid) => servers.find(uuid)));
  return found.filter((instance) => instance !== null);
}

function paired(
  rows: readonly Row[],
  instances: readonly Instance[],
  objects: readonly string[] | null,
): readonly Pair[] {
  const byRow = new Map(rows.map((row) => [row.uuid, row]));
  const byInstance = new Map(instances.map((instance) => [instance.uuid, instance]));
  const uuids = objects ?? [...new Set([...byRow.keys(), ...byInstance.keys()])];
  return uuids.map((uuid) => ({
    uuid,
    recorded: byRow.get(uuid) ?? null,
    instance: byInstance.get(uuid) ?? null,
  }));
}

const recordedOn = (store: Store, host: string, objects: readonly string[] | null) =>
  store.transaction((tx) => recordedIn(tx, host, objects));

async function recordedIn(tx: Tx, host: string, objects: readonly string[] | null): Promise<readonly Row[]> {
  if (objects?.length === 0) return [];
  const { rows } = objects === null ? await ofHost(tx, { host }) : await ofHostNamed(tx, objects, { host });
  return rows.map(({ uuid, phase, generation, run_state: runState, object }) => ({
    ...{ uuid, phase: phase as Phase, generation, runState },
    isQuiet: object === null,
  }));
}

type ServerRow = Pick<Selectable<Tables["servers"]>, "uuid" | "phase" | "generation" | "run_state"> & {
  readonly object: string | null;
};

const recordedRows = (db: Kysely<Tables>, host: string) =>
  db
    .selectFrom("servers")
    .leftJoin("operations", "operations.object", "servers.uuid")
    .select(["servers.uuid", "servers.phase", "servers.generation", "servers.run_state"])
    .select("operations.object")
    .where("servers.host", "=", host);

const ofHost = statement<{ host: string }, ServerRow>((db, param) => recordedRows(db, param("host")));

const ofHostNamed = statementOfValues<{ host: string }, ServerRow>((db, servers, param) =>
  recordedRows(db, param("host")).where("servers.uuid", "in", servers),
);
