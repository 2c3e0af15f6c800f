/** Who does the operations on accounts: one function for each action. */
import type { Operation } from "../../operations/operation.ts";
import type { Handler } from "../../operations/worker.ts";
import type { AccountDependencies } from "../dependencies.ts";
import { finishClosing } from "./close.ts";
import { stepSuspension } from "./suspend.ts";

const ACTIONS: Readonly<Record<string, (d: AccountDependencies, operation: Operation) => Promise<void>>> = {
  suspend: stepSuspension,
  close: finishClosing,
};

/** Makes the handler. */
export function accountHandler(dependencies: AccountDependencies): Handler {
  return async (operation) => {
    const act = ACTIONS[operation.action];
    if (act === undefined) throw new Error(`an account has no action ${operation.action}`);
    await act(dependencies, operation);
  };
}
