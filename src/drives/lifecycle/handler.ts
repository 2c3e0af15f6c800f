/** Who does the operations on drives: one function for each action. */
import { Outdated } from "../../host/errors.ts";
import { type Operation, raiseOperation } from "../../operations/operation.ts";
import { END_COPY, RESIZE } from "../changing.ts";
import type { DriveDependencies } from "../dependencies.ts";
import { COPY, stepImaging } from "../imaging/image.ts";
import { finishEnding } from "../imaging/readers.ts";
import { changeRow } from "../rows.ts";
import { finishCreation } from "./create.ts";
import { finishDestruction } from "./destroy.ts";
import { finishResize } from "./set.ts";

const ACTIONS: Readonly<Record<string, (d: DriveDependencies, operation: Operation) => Promise<void>>> = {
  create: finishCreation,
  [RESIZE]: finishResize,
  destroy: finishDestruction,
  [COPY]: stepImaging,
  [END_COPY]: finishEnding,
};

/** Makes the handler. */
export function driveHandler(dependencies: DriveDependencies): (operation: Operation) => Promise<void> {
  return async (operation) => {
    const act = ACTIONS[operation.action];
    if (act === undefined) throw new Error(`a drive has no action ${operation.action}`);
    await act(dependencies, operation).catch(async (error: unknown) => {
      if (!(error instanceof Outdated)) throw error;
      // It takes the operation's place in every respect: what fails of it is put off as it stands in the store now.
      await dependencies.worker.perform(await raised(dependencies, operation, error.seen + 1));
    });
  };
}

/**
 * The operation at a generation that its host has not seen: a store that was restored knows lower ones than the host.
 * Errors: Overtaken, when a later intent was what the host has seen.
 */
function raised({ store }: DriveDependencies, operation: Operation, generation: number): Promise<Operation> {
  return store.transaction(async (tx) => {
    const latest = await raiseOperation(tx, operation, generation);
    await changeRow(tx, operation.object, { generation });
    return latest;
  });
}
