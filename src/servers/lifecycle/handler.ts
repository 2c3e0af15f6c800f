/** Who does the operations on servers. */
import type { Handler } from "../../operations/worker.ts";
import type { ServerDependencies } from "../dependencies.ts";
import { endRun } from "./end.ts";
import { doApply } from "./set.ts";
import { doStart } from "./start.ts";

export function serverHandler(dependencies: ServerDependencies): Handler {
  return async (operation) => {
    switch (operation.action) {
      case "start":
        return doStart(dependencies, operation);
      case "apply":
        return doApply(dependencies, operation);
      case "stop":
      case "destroy":
        return endRun(dependencies, operation);
      default:
        throw new Error(`nobody knows how to ${operation.action} a server`);
    }
  };
}
