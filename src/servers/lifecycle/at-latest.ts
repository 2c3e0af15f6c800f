/**
 * An effect at the latest generation. A host that has seen a higher one than the store knows, as after a restore of the
 * store, does nothing for it; where nothing runs there, the store's word is the newer one, and its generation is raised.
 */
import { busy } from "../../base/errors.ts";
import { Outdated } from "../../host/errors.ts";
import { isLatest, type Operation, Overtaken, raiseOperation } from "../../operations/operation.ts";
import type { ServerDependencies } from "../dependencies.ts";
import { raiseGeneration } from "../rows.ts";

/** The host has a run of the server that the store does not know. */
export class RunsAhead extends Error {
  constructor(uuid: string, generation: number) {
    super(`server ${uuid} runs at generation ${generation}, which the store does not know`);
    this.name = "RunsAhead";
  }
}

/** What a caller is told of it. */
export const keptForOperator = (uuid: string, cause: Error) =>
  busy(
    "server_unrecorded",
    `server ${uuid} runs as the cloud's records do not know it: its operator is to decide about it`,
    { cause },
  );

/** The operation goes on at a higher generation, which the store has by now: it is to be performed in place of this one. */
export class Raised extends Error {
  readonly operation: Operation;

  constructor(operation: Operation, cause: Outdated) {
    super(`${operation.action} of ${operation.object} goes on at generation ${operation.generation}`, {
      cause,
    });
    this.name = "Raised";
    this.operation = operation;
  }
}

/**
 * Errors: the effect's; Overtaken; RunsAhead, when a run of a higher generation is there; Raised, and then the effect has
 * not come about.
 */
export async function atLatest(
  { store, hosts }: ServerDependencies,
  operation: Operation,
  effect: () => Promise<void>,
): Promise<void> {
  try {
    await effect();
  } catch (error) {
    if (!(error instanceof Outdated)) throw error;
    const { object } = operation;
    if (!(await store.transaction((tx) => isLatest(tx, operation)))) throw new Overtaken(operation);
    const instance = await hosts.get(operation.host).servers.find(object);
    if (instance !== null && instance.state !== "ended") throw new RunsAhead(object, instance.generation);
    const raised = await store.transaction(async (tx) => {
      await raiseGeneration(tx, object, error.seen + 1);
      return raiseOperation(tx, operation, error.seen + 1);
    });
    throw new Raised(raised, error);
  }
}
