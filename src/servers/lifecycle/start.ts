/**
 * Starting a server: everything it needs is claimed in one transaction, then its host launches it, then it is active.
 * What fails or is interrupted in between is undone whole.
 */
import { ensure } from "../../api/reason.ts";
import { busy, failed } from "../../base/errors.ts";
import { CommitUnknown } from "../../base/store-errors.ts";
import { claimDrives, ensureNamed } from "../../drives/claims.ts";
import { endReadersImagingsFrom } from "../../drives/imaging/readers.ts";
import { isUndecided } from "../../host/errors.ts";
import type { ServerHost, ServerSpec } from "../../host/host.ts";
import { allHosts, allocate } from "../../hosts/hosts.ts";
import { ensureCovered } from "../../limits/coverage.ts";
import { isLatest, type Operation, Overtaken, settleOperation } from "../../operations/operation.ts";
import { placeServer } from "../../placement/servers.ts";
import type { Tx } from "../../store/store.ts";
import { serverCan } from "../can.ts";
import { processors } from "../consistency.ts";
import type { ServerDependencies } from "../dependencies.ts";
import { loadOf, needOf } from "../need.ts";
import { takeNetwork } from "../network.ts";
import { avoidedBy } from "../references.ts";
import { changeServer, findServer, intend, presentServer } from "../rows.ts";
import type { Run, Server } from "../server.ts";
import { beginRunUse } from "../use.ts";
import { ensureUserData, userDataOf } from "../user-data.ts";
import { atLatest, keptForOperator, Raised, RunsAhead } from "./at-latest.ts";
import { endRun, leave, settleEnded } from "./end.ts";
import { launchSeed, specOf } from "./spec.ts";
import { tellOfServer } from "./told.ts";

/** How often a start that finds the end of an earlier run settles that and begins anew. */
const MOST_TRIES = 3;

/**
 * Starts a server. Does nothing when it is active; one whose run has ended and is not settled yet is settled first.
 *
 * Errors: as `prepareStart`; `billing`; `busy` when it is dead, or a stop or its destruction came in between; the host's.
 */
export async function startServer(
  dependencies: ServerDependencies,
  uuid: string,
  request: string | null = null,
): Promise<void> {
  const { hosts, worker, limits, clock } = dependencies;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const active = await worker.command(uuid, async (tx) => {
      const server = await presentServer(tx, uuid);
      if (server.phase !== "stopped") return { operation: null, result: server };
      const { cpuMhz, memMib } = server.configuration;
      const covered = ensureCovered(tx, { user: server.user, limits, clock }, { cpu: cpuMhz, mem: memMib });
      await covered.catch(async (error: unknown) => {
        // What is not there is told first.
        await ensurePresent(tx, server);
        throw error;
      });
      const host = await prepareStart(tx, server);
      const operation = await worker.record(tx, await intend(tx, { ...server, host }, "start", request));
      return { operation, result: null };
    });
    if (active === null) return;
    const instance = await hosts.get(active.host).servers.find(uuid);
    if (instance !== null && instance.state !== "ended") {
      ensure(serverCan.start({ uuid, state: instance.state }));
      return;
    }
    await settleEnded(dependencies, active, instance);
  }
  throw busy("command_overtaken", `server ${uuid} ends again and again`);
}

/** Whether all that the server names is there, whoever uses it now. Errors: `missing`, naming the key. */
async function ensurePresent(tx: Tx, { user, configuration }: Server): Promise<void> {
  await avoidedBy(tx, user, configuration);
  for (const device of configuration.devices) await ensureNamed(tx, user, device);
}

/**
 * Claims the drives, a place on a host, the addresses and the VLAN; answers the name of the host.
 *
 * Errors: `missing` and `busy`, naming the key; `usage` and `full` as for placement; `full` for addresses.
 */
export async function prepareStart(tx: Tx, server: Server): Promise<string> {
  const { uuid, configuration } = server;
  // A new server's row may be none of the store's yet.
  if (server.phase === "stopped" && server.userDataBytes !== null)
    ensureUserData(uuid, await userDataOf(tx, uuid));
  const avoided = await avoidedBy(tx, server.user, configuration);
  const drives = await claimDrives(tx, uuid, server.user, configuration.devices);
  const needed = configuration.devices.map(({ key }, index) => ({ key, host: drives[index]?.host ?? "" }));
  const hosts = await allHosts(tx);
  const { name } = placeServer(needOf(configuration), needed, avoided, hosts.map(loadOf));
  const facts = hosts.find((host) => host.name === name)?.facts;
  if (facts === undefined) throw new Error(`placement chose host ${name}, which it was not given`);
  await allocate(tx, name, { memMib: configuration.memMib, mhz: configuration.cpuMhz });
  const { lease, vncAddress, lastAddress } = await takeNetwork(tx, server, facts);
  const run: Run = {
    generation: server.generation + 1,
    started: Math.floor(Date.now() / 1000),
    ...processors(configuration, facts),
    nicAddress: lease?.address ?? null,
    vncAddress,
  };
  await changeServer(tx, uuid, {
    // One that is being created stays so: if this comes to nothing, it was never there.
    phase: server.phase === "creating" ? "creating" : "starting",
    run: JSON.stringify(run),
    last_address: lastAddress,
    host: name,
  });
  return name;
}

/** Does the operation `start`. One that nobody waits for is undone, so that who tries again finds everything free. */
export async function doStart(dependencies: ServerDependencies, operation: Operation): Promise<void> {
  if (operation.attempts > 0) return endRun(dependencies, operation);
  try {
    await launch(dependencies, operation);
  } catch (error) {
    if (error instanceof Overtaken || error instanceof Raised) throw error;
    if (error instanceof RunsAhead) {
      await leave(dependencies, operation);
      throw keptForOperator(operation.object, error);
    }
    if (error instanceof CommitUnknown && (await wasRecorded(dependencies, operation))) return;
    await undo(dependencies, operation);
    throw answerFor(operation.object, error);
  }
}

async function launch(dependencies: ServerDependencies, operation: Operation): Promise<void> {
  const { store, hosts, keyring, clock } = dependencies;
  const { servers } = hosts.get(operation.host);
  const spec = await store.transaction(async (tx) => {
    const server = await serverAt(tx, operation);
    return { ...(await specOf(tx, server, keyring)), ...(await launchSeed(tx, server, keyring)) };
  });
  const written = spec.devices.filter(({ media }) => media === "disk").map(({ volume }) => volume.uuid);
  await endReadersImagingsFrom(dependencies, written);
  const { object, generation } = operation;
  await atLatest(dependencies, operation, async () => {
    await makeWay(servers, object, generation);
    await servers.launch(spec, generation);
  });
  await store.transaction(async (tx) => {
    await settleOperation(tx, operation);
    await beginRunUse(tx, object, clock.now());
    await changeServer(tx, object, { phase: "active" });
    await tellOfServer(tx, "server.started", object, {});
  });
}

/**
 * Lets the host forget an earlier run that has ended: that is settled, else this start would not have been recorded.
 * Errors: RunsAhead, when one is there that the store does not know; after a restore it may bear this very generation.
 */
async function makeWay(servers: ServerHost, uuid: string, generation: number): Promise<void> {
  const instance = await servers.find(uuid);
  if (instance === null) return;
  if (instance.state !== "ended") throw new RunsAhead(uuid, instance.generation);
  await servers.release(uuid, Math.max(instance.generation, generation));
}

/**
 * Whether the start was recorded although the answer to that was lost: then others may rely on it, and nothing is to be
 * undone. Errors: Overtaken; the store's, and then it is undone once it is taken up again, if it was not recorded.
 */
async function wasRecorded({ store }: ServerDependencies, operation: Operation): Promise<boolean> {
  return store.transaction(async (tx) => {
    if (await isLatest(tx, operation)) return false;
    const server = await findServer(tx, operation.object);
    if (server?.phase !== "active") throw new Overtaken(operation);
    return true;
  });
}

/** Where that fails, the operation is undone once it is taken up again. */
async function undo(dependencies: ServerDependencies, operation: Operation): Promise<void> {
  try {
    await endRun(dependencies, operation);
  } catch (error) {
    // Nothing runs there: a start that was raised may begin anew.
    if (error instanceof Overtaken || error instanceof Raised) throw error;
  }
}

/** The server as the operation wants it. Errors: Overtaken, also by a later attempt at the same operation. */
export async function specAt(
  tx: Tx,
  operation: Operation,
  keyring: ServerDependencies["keyring"],
): Promise<ServerSpec> {
  return specOf(tx, await serverAt(tx, operation), keyring);
}

async function serverAt(tx: Tx, operation: Operation): Promise<Server> {
  const server = await findServer(tx, operation.object);
  if (server === null || !(await isLatest(tx, operation))) throw new Overtaken(operation);
  return server;
}

/** What a caller is told of it. */
function answerFor(uuid: string, error: unknown): unknown {
  return isUndecided(error)
    ? failed("launch_failed", `server ${uuid} did not start in time; it is undone`, { cause: error })
    : error;
}
