/**
 * The end of a server, whatever brought it about: an operator's or user's word, its guest, a QEMU that died, a start
 * that came to nothing. It is ended on its host, then settled in one transaction, then its host may forget the run.
 */
import { LodgeError } from "../../base/errors.ts";
import { Outdated } from "../../host/errors.ts";
import type { Instance, ServerHost } from "../../host/host.ts";
import { type Operation, operationOn, settleOperation } from "../../operations/operation.ts";
import type { ServerDependencies } from "../dependencies.ts";
import { changeServer, findEndingServer, intend, presentEndingServer } from "../rows.ts";
import type { Server } from "../server.ts";
import { renewRunUse } from "../use.ts";
import { atLatest, keptForOperator, RunsAhead } from "./at-latest.ts";
import { removeServer, settleEnd } from "./settle-end.ts";

/**
 * Ends a server at once, whatever else is being done with it; when this answers, all that it held is free. Does nothing
 * when it is stopped. Errors: `missing`; `busy` when it runs as the store does not know it; the host's.
 */
export async function stopServer(
  { worker }: ServerDependencies,
  uuid: string,
  request: string | null = null,
): Promise<void> {
  let isStopping = false;
  await worker.overtake(async (tx) => {
    isStopping = false;
    const server = await presentEndingServer(tx, uuid);
    if (server.phase === "stopped") return null;
    const underWay = await operationOn(tx, uuid);
    isStopping = underWay?.action === "stop" && underWay.lastError === null;
    return isStopping ? null : worker.record(tx, await intend(tx, server, "stop", request));
  });
  if (isStopping) await worker.quiet(uuid);
}

/** Destroys a server, ending it first where it runs. Errors: as `stopServer`. */
export async function destroyServer(
  { worker, hosts, clock }: ServerDependencies,
  uuid: string,
  request: string | null = null,
): Promise<void> {
  let removedFrom: string | null = null;
  await worker.overtake(async (tx) => {
    removedFrom = null;
    const server = await presentEndingServer(tx, uuid);
    if (server.phase === "stopped" && (await operationOn(tx, uuid)) === null) {
      await removeServer(tx, server, clock.now());
      removedFrom = server.host;
      return null;
    }
    await changeServer(tx, uuid, { phase: "destroying" });
    return worker.record(tx, await intend(tx, server, "destroy", request));
  });
  if (removedFrom !== null) forgetSaid(hosts.get(removedFrom).servers, uuid);
}

/** What the server said goes with it; nobody waits for that, and a host that cannot do it forgets by itself later. */
function forgetSaid(servers: ServerHost, uuid: string): void {
  servers.forgetSerial(uuid).catch(() => {});
}

/** Does the operations `stop` and `destroy`, and undoes a `start`. */
export async function endRun(dependencies: ServerDependencies, operation: Operation): Promise<void> {
  const { store, hosts, clock } = dependencies;
  const { servers } = hosts.get(operation.host);
  try {
    const { object, generation } = operation;
    await atLatest(dependencies, operation, () => servers.end(object, generation));
    const instance = await servers.find(object);
    const left = await store.transaction(async (tx) => {
      await settleOperation(tx, operation);
      const server = await findEndingServer(tx, object);
      return server === null ? null : settleEnd(tx, server, instance, clock);
    });
    if (left === "nothing") forgetSaid(servers, object);
    // It is done. Where the host cannot forget the run now, it is told again at the next look.
    await servers.release(object, generation).catch(() => {});
  } catch (error) {
    if (!(error instanceof RunsAhead)) throw error;
    await leave(dependencies, operation);
    throw keptForOperator(operation.object, error);
  }
}

/** Records that nothing came of the operation: what runs is kept. */
export async function leave({ store, clock }: ServerDependencies, operation: Operation): Promise<void> {
  await store.transaction(async (tx) => {
    await settleOperation(tx, operation);
    const server = await findEndingServer(tx, operation.object);
    if (server === null) return;
    if (!server.hasRun) await changeServer(tx, server.uuid, { phase: "stopped" });
    else if (operation.action === "start") await settleEnd(tx, server, null, clock);
    else {
      await renewRunUse(tx, server.uuid, clock.now());
      await changeServer(tx, server.uuid, { phase: "active" });
    }
  });
}

/**
 * Settles the end of an active server that came by itself. Does nothing when anything was recorded of it since it was
 * read.
 *
 * @param server as it was read before its host was asked
 * @param instance what its host answered: a run that has ended, null where it knows of none
 */
export async function settleEnded(
  { store, hosts, clock, onEnded }: ServerDependencies,
  { uuid, host, generation }: Pick<Server, "uuid" | "host" | "generation">,
  instance: Instance | null,
): Promise<void> {
  const { servers } = hosts.get(host);
  // From here on no launch of that generation comes late.
  await fence(servers, uuid, Math.max(generation, instance?.generation ?? 0));
  const settled = await store.transaction(async (tx) => {
    const server = await findEndingServer(tx, uuid);
    if (server?.generation !== generation || (await operationOn(tx, uuid)) !== null) return null;
    return { left: await settleEnd(tx, server, instance, clock) };
  });
  // Else whoever settles it still needs what the run has counted.
  if (settled === null) return;
  const { left } = settled;
  if (left === "nothing") forgetSaid(servers, uuid);
  if (left !== null) onEnded({ uuid, host, generation, left });
  if (instance !== null) await servers.release(uuid, instance.generation);
}

async function fence(servers: ServerHost, uuid: string, generation: number): Promise<void> {
  try {
    await servers.end(uuid, generation);
  } catch (error) {
    // A later intent is there already.
    if (!(error instanceof Outdated)) throw error;
  }
}

/** Whether the host's error says that it does not run the server. */
export const isNotRunning = (error: unknown): boolean =>
  error instanceof LodgeError && error.type === "missing";
