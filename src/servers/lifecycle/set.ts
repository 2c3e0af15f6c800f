/**
 * Changing a server's configuration. On an active one it is recorded, applied to its run, and taken back whole where its
 * host refuses it.
 */
import { attributesText } from "../../api/attributes.ts";
import { readInput } from "../../api/input.ts";
import type { Input } from "../../api/properties.ts";
import { allHosts, allocate, hostNamed } from "../../hosts/hosts.ts";
import { type Operation, operationOn, settleOperation } from "../../operations/operation.ts";
import { ensureFaster, ensureHoldable } from "../../placement/servers.ts";
import type { Tx } from "../../store/store.ts";
import { settableNow } from "../can.ts";
import { loadOf, needOf } from "../capacity.ts";
import { configAfter } from "../config.ts";
import { type Config, type Configuration, configurationOf } from "../configuration.ts";
import type { ServerDependencies } from "../dependencies.ts";
import { SERVER_KEYS } from "../keys.ts";
import { ensureMacFree } from "../macs.ts";
import { ensureReferences } from "../references.ts";
import { changeServer, findServer, intend, presentServer } from "../rows.ts";
import type { Server } from "../server.ts";
import { atLatest, keptForOperator, RunsAhead } from "./at-latest.ts";
import { isNotRunning, settleEnded } from "./end.ts";
import { specAt } from "./start.ts";

/**
 * Changes the configuration; on an active server the keys that may change there, at once. A stop that comes in between
 * leaves the change to the next start of a persistent one: then this answers as if nothing had come in between.
 *
 * Errors: `missing`, `usage`, `busy`, `full`, naming the key; the host's, and then nothing is changed; `busy` when the
 * server has gone, or goes, meanwhile.
 */
export async function setServer(
  dependencies: ServerDependencies,
  uuid: string,
  input: Input,
  request: string | null = null,
): Promise<void> {
  const { worker } = dependencies;
  // It is performed out here: what could not be recorded is not to be taken back.
  const change = await worker.command<LiveChange | null>(uuid, async (tx) => {
    const server = await presentServer(tx, uuid);
    const config = await prepareChange(tx, server, input);
    await changeServer(tx, uuid, { config: attributesText(config) });
    const isLive = server.phase !== "stopped" && changesRun(server.configuration, configurationOf(config));
    if (!isLive) return { operation: null, result: null };
    const operation = await worker.record(tx, await intend(tx, server, "apply", request));
    return { operation: null, result: { operation, before: server.config } };
  });
  if (change === null) return;
  try {
    await worker.perform(change.operation);
  } catch (error) {
    if ((await takeBack(dependencies, change)) === "stands") return;
    throw error;
  }
}

/** A change of an active server: its operation, and what it takes the place of. */
type LiveChange = { readonly operation: Operation; readonly before: Config };

/** Answers the configuration after the change, and allocates what an active server takes more, or gives it back. */
async function prepareChange(tx: Tx, server: Server, input: Input): Promise<Config> {
  const isActive = server.phase !== "stopped";
  const changes = readInput(SERVER_KEYS, input, settableNow(isActive));
  const config = configAfter(server.config, changes);
  const after = configurationOf(config);
  ensureHoldable(needOf(after), (await allHosts(tx)).map(loadOf));
  await ensureReferences(tx, server.user, changes, after, server.lastAddress);
  if (isActive) await allocateMore(tx, server, after);
  await ensureMacFree(tx, server, after, changes);
  return config;
}

async function allocateMore(
  tx: Tx,
  { host, configuration }: Server,
  after: Pick<Configuration, "cpuMhz">,
): Promise<void> {
  const moreMhz = after.cpuMhz - configuration.cpuMhz;
  if (moreMhz > 0) ensureFaster(loadOf(await hostNamed(tx, host)), moreMhz);
  if (moreMhz !== 0) await allocate(tx, host, { mhz: moreMhz });
}

/** Whether a QEMU that runs is to hear of the change. */
function changesRun(before: Configuration, after: Configuration): boolean {
  return before.cpuMhz !== after.cpuMhz || before.vnc.password !== after.vnc.password;
}

/**
 * Takes a change back that did not come about, in the store at once and then on the host, for as long as that takes. It
 * stands where a stop has taken its place, or somebody has settled it after all; it is gone with its server.
 */
async function takeBack(
  { store, worker }: ServerDependencies,
  { operation, before }: LiveChange,
): Promise<"taken back" | "stands" | "gone"> {
  const { object, generation } = operation;
  const undoing = await store.transaction(async (tx) => {
    const server = await findServer(tx, object);
    if (server === null || server.phase === "destroying") return "gone";
    const underWay = await operationOn(tx, object);
    if (underWay?.action === "stop" && !server.configuration.persistent) return "gone";
    if (underWay?.generation !== generation) return "stands";
    const mhz = configurationOf(before).cpuMhz - server.configuration.cpuMhz;
    if (mhz !== 0) await allocate(tx, server.host, { mhz });
    await changeServer(tx, object, { config: attributesText(before) });
    return worker.record(tx, await intend(tx, server, "apply", operation.request));
  });
  // Whoever asked for the change is told why it was refused, not how taking it back goes.
  if (typeof undoing !== "string") await worker.perform(undoing).catch(() => {});
  return typeof undoing === "string" ? undoing : "taken back";
}

/** Does the operation `apply`: what runs is as the configuration says. */
export async function doApply(dependencies: ServerDependencies, operation: Operation): Promise<void> {
  const { store, hosts, keyring } = dependencies;
  const { servers } = hosts.get(operation.host);
  const spec = await store.transaction((tx) => specAt(tx, operation, keyring));
  const settle = () => store.transaction((tx) => settleOperation(tx, operation));
  try {
    await atLatest(dependencies, operation, () => servers.apply(spec, operation.generation));
    await settle();
  } catch (error) {
    const { object: uuid, host, generation } = operation;
    if (error instanceof RunsAhead) {
      await settle();
      throw keptForOperator(uuid, error);
    }
    if (!isNotRunning(error)) throw error;
    const instance = await servers.find(uuid);
    if (instance !== null && instance.state !== "ended") throw error;
    await settle();
    await settleEnded(dependencies, { uuid, host, generation }, instance);
  }
}
