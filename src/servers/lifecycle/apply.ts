/**
 * The operation `apply`: what runs becomes what the configuration says. It knows what the configuration was before, and
 * where the host refuses the change it is taken back whole, also when whoever asked for it is gone.
 */
import { z } from "zod";
import { LodgeError } from "../../base/errors.ts";
import { allocate } from "../../hosts/hosts.ts";
import { type Operation, Overtaken, operationOn, settleOperation } from "../../operations/operation.ts";
import type { Tx } from "../../store/store.ts";
import { type Config, configurationOf } from "../configuration.ts";
import type { ServerDependencies } from "../dependencies.ts";
import { changeServer, findServer, intend } from "../rows.ts";
import { CONFIG, type Server } from "../server.ts";
import { changeRunUse } from "../use.ts";
import { atLatest, keptForOperator, Raised, RunsAhead } from "./at-latest.ts";
import { isNotRunning, settleEnded } from "./end.ts";
import { specAt } from "./start.ts";

const PARAMS = z.object({ before: CONFIG });

/** What the configuration was before the change; null for one that takes a change back, and where its record is damaged. */
export function configBefore({ params }: Operation): Config | null {
  return PARAMS.safeParse(params).data?.before ?? null;
}

/**
 * Does the operation. A change that fails is taken back while somebody waits for it, and later where its host refuses it;
 * what became of it is else unknown, and it is tried again. Errors: the host's; `busy` when the server runs as the store
 * does not know it.
 */
export async function doApply(dependencies: ServerDependencies, operation: Operation): Promise<void> {
  try {
    await apply(dependencies, operation);
  } catch (error) {
    if (error instanceof Overtaken || error instanceof Raised) throw error;
    if (operation.attempts === 0 || error instanceof LodgeError) await takeBack(dependencies, operation);
    throw error;
  }
}

async function apply(dependencies: ServerDependencies, operation: Operation): Promise<void> {
  const { store, hosts, keyring, clock } = dependencies;
  const { object: uuid, host, generation } = operation;
  const { servers } = hosts.get(host);
  const spec = await store.transaction((tx) => specAt(tx, operation, keyring));
  try {
    await atLatest(dependencies, operation, () => servers.apply(spec, generation));
    await store.transaction(async (tx) => {
      await settleOperation(tx, operation);
      await changeRunUse(tx, uuid, clock.now());
    });
  } catch (error) {
    if (error instanceof RunsAhead) {
      await settleUndone(dependencies, operation);
      throw keptForOperator(uuid, error);
    }
    if (!isNotRunning(error)) throw error;
    const instance = await servers.find(uuid);
    if (instance !== null && instance.state !== "ended") throw error;
    // Its use is that of before, which ends with its run.
    await store.transaction((tx) => settleOperation(tx, operation));
    await settleEnded(dependencies, { uuid, host, generation }, instance);
  }
}

/**
 * Takes a change back that did not come about, in the store at once and then on the host, for as long as that takes.
 * Does nothing where it is not the latest: where something has taken its place, such as a stop or what takes it back, or
 * somebody has settled it. It is gone with its server.
 */
export async function takeBack(
  { store, worker }: ServerDependencies,
  operation: Operation,
): Promise<"taken back" | "not latest" | "gone"> {
  const { object, generation, request } = operation;
  const before = configBefore(operation);
  const undoing = await store.transaction(async (tx) => {
    const server = await findServer(tx, object);
    if (server === null) return "gone";
    const underWay = await operationOn(tx, object);
    if (underWay?.action === "stop" && !server.configuration.persistent) return "gone";
    if (underWay?.generation !== generation || before === null) return "not latest";
    await restore(tx, server, before);
    return worker.record(tx, await intend(tx, server, "apply", request));
  });
  // Whoever asked for the change is told why it was refused, not how taking it back goes.
  if (typeof undoing !== "string") await worker.perform(undoing).catch(() => {});
  return typeof undoing === "string" ? undoing : "taken back";
}

/** Settles the operation with nothing changed: what runs is not to be touched. */
async function settleUndone({ store }: ServerDependencies, operation: Operation): Promise<void> {
  const before = configBefore(operation);
  await store.transaction(async (tx) => {
    await settleOperation(tx, operation);
    const server = await findServer(tx, operation.object);
    if (server !== null && before !== null) await restore(tx, server, before);
  });
}

async function restore(tx: Tx, { uuid, host, configuration }: Server, before: Config): Promise<void> {
  const mhz = configurationOf(before).cpuMhz - configuration.cpuMhz;
  if (mhz !== 0) await allocate(tx, host, { mhz });
  await changeServer(tx, uuid, { config: before });
}
