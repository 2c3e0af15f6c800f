/** The state of a server, from the run state of its QEMU (QMP `query-status`; spec: status). */
import type { RunState } from "../host.ts";

/** Of all run states, those that do not mean `paused`. */
const STATES: Readonly<Record<string, RunState>> = {
  running: "active",
  // The emulated machine broke down, or its guest's kernel did.
  "internal-error": "dead",
  "guest-panicked": "dead",
  // Its memory is being written out, or was.
  "save-vm": "dumped",
  "finish-migrate": "dumped",
  postmigrate: "dumped",
};

/**
 * `paused` is what holds the vCPUs still and can end again: a pause, a guest that sleeps, a disk without room. For as long
 * as a guest that shut itself down waits for its end (`shutdown`), it counts as what it was.
 */
export function runStateOf(status: string, before: RunState): RunState {
  return status === "shutdown" ? before : (STATES[status] ?? "paused");
}

/** Events after which the run state may be another one. */
export const STATE_EVENTS: ReadonlySet<string> = new Set([
  "STOP",
  "RESUME",
  "SUSPEND",
  "WAKEUP",
  "RESET",
  "GUEST_PANICKED",
]);
