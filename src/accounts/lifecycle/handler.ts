/** Who does the operations on accounts: one function for each action. */
import type { Handler } from "../../operations/worker.ts";
import type { AccountDependencies } from "../dependencies.ts";
import { finishClosing } from "./close.ts";
import { Patience } from "./patience.ts";
import { stepSuspension } from "./suspend.ts";

/** Makes the handler. */
export function accountHandler(dependencies: AccountDependencies): Handler {
  const patience = new Patience(dependencies.monotonic ?? (() => performance.now()));
  const actions: Readonly<Record<string, Handler>> = {
    suspend: (operation) => stepSuspension(dependencies, patience, operation),
    close: (operation) => finishClosing(dependencies, operation),
  };
  return async (operation) => {
    const act = actions[operation.action];
    if (act === undefined) throw new Error(`an account has no action ${operation.action}`);
    await act(operation);
  };
}
