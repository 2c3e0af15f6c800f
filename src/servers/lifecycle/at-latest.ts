/**
 * An effect at the latest generation. A host that has seen a higher one than the store knows, as after a restore of the
 * store, does nothing for it; where nothing runs there, the store's word is the newer one, and its generation is raised.
 */
import { busy } from "../../base/errors.ts";
import { Outdated } from "../../host/errors.ts";
import { type Operation, Overtaken, operationOn, raiseOperation } from "../../operations/operation.ts";
import type { ServerDependencies } from "../dependencies.ts";
import { raiseGeneration } from "../rows.ts";

/** Whether an error says that a run is there which the store does not know. */
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
    {
      cause,
    },
  );

/**
 * Answers the operation as it is then, at a higher generation where that was needed.
 *
 * @param onRaised told of that before the effect is tried at it
 *
 * Errors: the effect's; Overtaken; RunsAhead, when a run of a higher generation is there.
 */
export async function atLatest(
  { store, hosts }: ServerDependencies,
  operation: Operation,
  effect: (operation: Operation) => Promise<void>,
  onRaised: (raised: Operation) => void = () => {},
): Promise<Operation> {
  try {
    await effect(operation);
    return operation;
  } catch (error) {
    if (!(error instanceof Outdated)) throw error;
    const { object, generation, attempts } = operation;
    const now = await store.transaction((tx) => operationOn(tx, object));
    if (now?.generation !== generation || now.attempts !== attempts) throw new Overtaken(operation);
    const instance = await hosts.get(operation.host).servers.find(object);
    if (instance !== null && instance.state !== "ended") throw new RunsAhead(object, instance.generation);
    const raised = await store.transaction(async (tx) => {
      await raiseGeneration(tx, object, error.seen + 1);
      return raiseOperation(tx, operation, error.seen + 1);
    });
    onRaised(raised);
    await effect(raised);
    return raised;
  }
}
