/** What follows for a server from its row and from what its host answers of it. A pure rule. */
import type { Instance } from "../../host/host.ts";
import type { Phase } from "../server.ts";

/** A server's row as far as the rule needs it; `isQuiet`: nothing is under way on it. */
export type Recorded = { readonly phase: Phase; readonly generation: number; readonly isQuiet: boolean };

/**
 * - `agrees`: nothing follows.
 * - `under way`: its operation sees to it.
 * - `ended`: its end is to be settled.
 * - `release`: its end is settled, or nobody knows of it any more: its host may forget the run.
 * - `unknown`: it runs as the store does not know it. It is kept: an absent row is never an order to destroy.
 */
export type Finding = "agrees" | "under way" | "ended" | "release" | "unknown";

/**
 * @param recorded null where there is no row
 * @param instance null where the host answers that it knows of no run; no answer is not an instance
 */
export function compare(recorded: Recorded | null, instance: Instance | null): Finding {
  if (instance === null) {
    if (recorded === null || recorded.phase === "stopped") return "agrees";
    return recorded.isQuiet ? "ended" : "under way";
  }
  if (instance.state === "ended") {
    if (recorded === null) return "release";
    if (!recorded.isQuiet) return "under way";
    return recorded.phase === "stopped" && instance.generation <= recorded.generation ? "release" : "ended";
  }
  if (recorded === null || instance.generation > recorded.generation) return "unknown";
  if (!recorded.isQuiet) return "under way";
  return recorded.phase === "active" ? "agrees" : "unknown";
}
