/** Who does the operations on servers: one function for each action. */
import type { Operation } from "../../operations/operation.ts";
import type { Handler } from "../../operations/worker.ts";
import type { ServerDependencies } from "../dependencies.ts";
import type { ServerAction } from "../rows.ts";
import { doApply } from "./apply.ts";
import { Raised } from "./at-latest.ts";
import { endRun } from "./end.ts";
import { doStart } from "./start.ts";

type Act = (dependencies: ServerDependencies, operation: Operation) => Promise<void>;

const ACTIONS: Readonly<Record<ServerAction, Act>> = {
  start: doStart,
  apply: doApply,
  stop: endRun,
  destroy: endRun,
};

/** Makes the handler. */
export function serverHandler(dependencies: ServerDependencies): Handler {
  const actions: Readonly<Record<string, Act>> = ACTIONS;
  return async (operation) => {
    const act = actions[operation.action];
    if (act === undefined) throw new Error(`a server has no action ${operation.action}`);
    await act(dependencies, operation).catch(async (error: unknown) => {
      if (!(error instanceof Raised)) throw error;
      // It takes the operation's place in every respect: what fails of it is put off as it stands in the store now.
      await dependencies.worker.perform(error.operation);
    });
  };
}
