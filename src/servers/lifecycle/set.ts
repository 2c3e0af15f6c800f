/**
 * Changing a server's configuration. On an active one it is recorded, applied to its run, and taken back whole where its
 * host refuses it.
 */
import { isDeepStrictEqual } from "node:util";
import { ensureKeepable } from "../../api/attributes.ts";
import { readUnlessWrong } from "../../api/input.ts";
import type { Input } from "../../api/properties.ts";
import { ensure } from "../../api/reason.ts";
import { LodgeError } from "../../base/errors.ts";
import { allHosts, allocate, hostNamed } from "../../hosts/hosts.ts";
import { ensureCovered } from "../../limits/coverage.ts";
import { InProgress, type Operation, operationOn } from "../../operations/operation.ts";
import { ensureFaster, ensureHoldable } from "../../placement/servers.ts";
import type { Store, Tx } from "../../store/store.ts";
import { settableNow } from "../can.ts";
import { type Config, type Configuration, configurationOf } from "../configuration.ts";
import { configAfter } from "../consistency.ts";
import type { ServerDependencies } from "../dependencies.ts";
import { SERVER_KEYS } from "../keys.ts";
import { ensureMacFree } from "../macs.ts";
import { loadOf, needOf } from "../need.ts";
import { ensureReferences } from "../references.ts";
import { changeServer, findServer, intend, presentServer } from "../rows.ts";
import type { Server } from "../server.ts";
import { type SplitChanges, splitUserData, userDataColumns } from "../user-data.ts";
import { configBefore, takeBack } from "./apply.ts";

/** A change that a run is to hear of, with the whole configuration before and after it. */
type RunChange = { readonly apply: Operation; readonly before: Config; readonly after: Config };

/**
 * Changes the configuration; on an active server the keys that may change there, at once. A stop that comes in between
 * leaves the change to the next start of a persistent one: then this answers as if nothing had come in between.
 *
 * Errors: `missing`, `usage`, `billing`, `busy`, `full`, naming the key; the host's, and then nothing is changed; `busy` when the
 * server has gone, or goes, meanwhile, or the change was taken back before something else came in between.
 */
export async function setServer(
  dependencies: ServerDependencies,
  uuid: string,
  input: Input,
  request: string | null = null,
): Promise<void> {
  const { store, worker, keyring } = dependencies;
  // It is performed out here: what could not be recorded is not to be taken back.
  const change = await worker.command<RunChange | null>(
    uuid,
    async (tx) => {
      const server = await presentServer(tx, uuid);
      const failing = await failingApply(tx, uuid);
      const { config, userData } = await prepareChange(dependencies, tx, server, input);
      const sealed = userData === undefined ? {} : userDataColumns(keyring, uuid, userData);
      await changeServer(tx, uuid, { config, ...sealed });
      const isLive =
        server.phase !== "stopped" &&
        (failing !== null || changesRun(server.configuration, configurationOf(config)));
      if (!isLive) return { operation: null, result: null };
      // What never came about is nothing to go back to.
      const before = (failing === null ? null : configBefore(failing)) ?? server.config;
      const intent = await intend(tx, server, "apply", request);
      const apply = await worker.record(tx, { ...intent, params: { before } });
      return { operation: null, result: { apply, before, after: config } };
    },
    ["apply"],
  );
  if (change === null) return;
  try {
    await worker.perform(change.apply);
  } catch (error) {
    if (!isOvertaken(error) || (await takeBack(dependencies, change.apply)) !== "not latest") throw error;
    if (!(await isKept(store, uuid, change))) throw error;
  }
}

/**
 * Whether all that the change made different is there still: a stop may have come when the change was taken back already,
 * by this process or by another one that had taken it up.
 */
async function isKept(store: Store, uuid: string, { before, after }: RunChange): Promise<boolean> {
  const server = await store.transaction((tx) => findServer(tx, uuid));
  if (server === null || server.phase === "destroying") return false;
  const { config } = server;
  const changed = Object.keys({ ...before, ...after }).filter(
    (key) => !isDeepStrictEqual(before[key], after[key]),
  );
  return changed.every((key) => isDeepStrictEqual(config[key], after[key]));
}

/** An earlier change that fails, and is tried again: a later one takes its place. Errors: InProgress while it is under way. */
async function failingApply(tx: Tx, uuid: string): Promise<Operation | null> {
  const earlier = await operationOn(tx, uuid);
  if (earlier?.action === "apply" && earlier.lastError === null) throw new InProgress(earlier);
  return earlier;
}

/** Whether something has taken the change's place, as the worker says it. */
const isOvertaken = (error: unknown) => error instanceof LodgeError && error.code === "command_overtaken";

/** Answers what the server has after the change, and allocates what an active server takes more, or gives it back. */
async function prepareChange(
  { limits, clock }: Pick<ServerDependencies, "limits" | "clock">,
  tx: Tx,
  server: Server,
  input: Input,
): Promise<{ readonly config: Config; readonly userData: SplitChanges["userData"] }> {
  const isActive = server.phase !== "stopped";
  const read = readUnlessWrong(SERVER_KEYS, input, settableNow(isActive));
  const { changes, userData } = splitUserData(read.changes);
  if (read.tooLate !== null) {
    // What is not covered is told before what cannot be now (accounts: 402).
    await ensureFasterCovered(tx, server, Number(changes.get("cpu") ?? 0), { limits, clock });
    ensure(read.tooLate);
  }
  const config = configAfter(server.config, changes);
  ensureKeepable(server.config, config, changes);
  const after = configurationOf(config);
  ensureHoldable(needOf(after), (await allHosts(tx)).map(loadOf));
  await ensureReferences(tx, server.user, changes, after, server.lastAddress);
  if (isActive) {
    await ensureFasterCovered(tx, server, after.cpuMhz, { limits, clock });
    await allocateMore(tx, server, after.cpuMhz - server.configuration.cpuMhz);
  }
  await ensureMacFree(tx, server, after, changes);
  return { config, userData };
}

/** Errors: `billing` where an active server of that speed is more than its account covers. */
async function ensureFasterCovered(
  tx: Tx,
  { user, configuration }: Server,
  cpuMhz: number,
  asking: Pick<ServerDependencies, "limits" | "clock">,
): Promise<void> {
  const moreMhz = cpuMhz - configuration.cpuMhz;
  if (moreMhz > 0) await ensureCovered(tx, { user, ...asking }, { cpu: moreMhz });
}

async function allocateMore(tx: Tx, { host }: Server, moreMhz: number): Promise<void> {
  if (moreMhz > 0) ensureFaster(loadOf(await hostNamed(tx, host)), moreMhz);
  if (moreMhz !== 0) await allocate(tx, host, { mhz: moreMhz });
}

/** Whether a QEMU that runs is to hear of the change. */
function changesRun(before: Configuration, after: Configuration): boolean {
  return before.cpuMhz !== after.cpuMhz || before.vnc.password !== after.vnc.password;
}
