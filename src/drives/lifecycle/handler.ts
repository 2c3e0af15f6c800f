/** Who does the operations on drives: one function for each action. */
import type { Operation } from "../../operations/operation.ts";
import type { DriveDependencies } from "../dependencies.ts";
import { COPY, stepImaging } from "../imaging/image.ts";
import { END_COPY, finishEnding } from "../imaging/readers.ts";
import { finishCreation } from "./create.ts";
import { finishDestruction } from "./destroy.ts";
import { finishResize } from "./set.ts";

const ACTIONS: Readonly<Record<string, (d: DriveDependencies, operation: Operation) => Promise<void>>> = {
  create: finishCreation,
  resize: finishResize,
  destroy: finishDestruction,
  [COPY]: stepImaging,
  [END_COPY]: finishEnding,
};

/** Makes the handler. */
export function driveHandler(dependencies: DriveDependencies): (operation: Operation) => Promise<void> {
  return async (operation) => {
    const act = ACTIONS[operation.action];
    if (act === undefined) throw new Error(`a drive has no action ${operation.action}`);
    await act(dependencies, operation);
  };
}
