/** Making a server: its row and, where it is to start, all that it needs, in one transaction. */
import { randomUUID } from "node:crypto";
import { ensureKeepable } from "../../api/attributes.ts";
import { readInput } from "../../api/input.ts";
import type { Input } from "../../api/properties.ts";
import type { UserId } from "../../base/ids.ts";
import { allHosts, LOCAL_HOST } from "../../hosts/hosts.ts";
import { ensureCovered } from "../../limits/coverage.ts";
import { createOnce, type Repeat } from "../../operations/idempotency.ts";
import { ensureHoldable } from "../../placement/servers.ts";
import type { Tx } from "../../store/store.ts";
import { configurationOf } from "../configuration.ts";
import { configAfter } from "../consistency.ts";
import type { ServerDependencies } from "../dependencies.ts";
import { SERVER_KEYS } from "../keys.ts";
import { ensureMacFree } from "../macs.ts";
import { loadOf, needOf } from "../need.ts";
import { ensureReferences } from "../references.ts";
import { configColumns, intend } from "../rows.ts";
import { serverOf } from "../server.ts";
import { beginServerUse } from "../use.ts";
import { splitUserData, userDataColumns } from "../user-data.ts";
import { prepareStart } from "./start.ts";

/** What is asked for. */
export type NewServer = {
  readonly user: UserId;
  readonly input: Input;
  readonly start: boolean;
  /** What tells that the request is repeated, null where nothing does. */
  readonly repeat?: Repeat | null;
  /** The id of the request. */
  readonly request?: string | null;
};

/**
 * Makes a server, and starts it unless it is to be stopped; answers its uuid. One whose start fails was never there.
 *
 * Errors: `usage`, `missing`, `billing`, `busy`, `full`, naming the key; the host's.
 */
export function createServer(
  dependencies: ServerDependencies,
  { user, input, start, repeat = null, request = null }: NewServer,
): Promise<string> {
  const { changes, userData } = splitUserData(readInput(SERVER_KEYS, input, "create"));
  const config = configAfter({}, changes);
  ensureKeepable({}, config, changes);
  const configuration = configurationOf(config);
  const make = async (tx: Tx) => {
    const uuid = randomUUID();
    const row = {
      ...{ uuid, user, ...configColumns(uuid, config), run: null, last_address: null },
      ...userDataColumns(dependencies.keyring, uuid, userData ?? null),
      phase: start ? "creating" : "stopped",
      ...{ generation: 0, revision: 0, host: LOCAL_HOST },
    } as const;
    ensureHoldable(needOf(configuration), (await allHosts(tx)).map(loadOf));
    await ensureReferences(tx, user, changes, configuration, null);
    const { cpuMhz, memMib } = configuration;
    const running = start ? { cpu: cpuMhz, mem: memMib } : {};
    await ensureCovered(tx, { ...dependencies, user }, { ...running, servers: 1 });
    await ensureMacFree(tx, row, configuration, changes);
    await tx.insertInto("servers").values(row).execute();
    if (!start) {
      await beginServerUse(tx, uuid, dependencies.clock.now());
      return { object: row.uuid, operation: null };
    }
    const server = serverOf(row);
    const host = await prepareStart(tx, server);
    const intent = await intend(tx, { ...server, host }, "start", request);
    return { object: row.uuid, operation: await dependencies.worker.record(tx, intent) };
  };
  // One that is started is answered once the outcome of that is recorded, durably.
  return createOnce(dependencies, repeat, make, { durable: !start });
}
