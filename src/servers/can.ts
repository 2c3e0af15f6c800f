/**
 * What can be done with a server now, and why not: one table of rules for the commands and for whoever shows them.
 * Pure; whose server it is, is for `authorize`.
 *
 * The file runs in a browser as it stands: it imports types alone, and what it looks at can be read off an answer.
 */
import type { Moment } from "../api/key.ts";
import type { Reason } from "../api/reason.ts";
import type { RunState } from "../host/host.ts";

/** A server as the rules see it: `state` is that of its QEMU, null when there is none. */
export type ServerState = { readonly uuid: string; readonly state: RunState | null };

/** Null: it can be done. */
type Rule = (server: ServerState) => Reason | null;

const always: Rule = () => null;

export const serverCan = {
  /** Starting what is active is done already; what is dead is active for others, yet no guest runs. */
  start: ({ uuid, state }) =>
    state === "dead"
      ? { code: "server_dead", sentence: `server ${uuid} is dead: reset it, or stop it first` }
      : null,
  stop: always,
  /** Stopping what is stopped is done already, gently too. */
  shutdown: always,
  reset({ uuid, state }) {
    if (state === null) return { code: "server_not_active", sentence: `server ${uuid} is not active` };
    if (state === "dumped") {
      return { code: "server_dumping", sentence: `the memory of server ${uuid} is being written out` };
    }
    return null;
  },
  destroy: always,
  /** It is looked at. What is dead shows what it showed last. */
  screen: ({ uuid, state }) =>
    state === null ? { code: "server_not_active", sentence: `server ${uuid} is not active` } : null,
  /** What is stopped shows what it said last. */
  serial: always,
} as const satisfies Readonly<Record<string, Rule>>;

/** Which keys can be set now: those that may change at that moment (`settable` of the key). */
export const settableNow = (isActive: boolean): Moment => (isActive ? "active" : "stopped");

/** The state of a server as it is answered: its `server` and `status`. */
export const serverStateOf = ({ server, status }: { server: string; status: string }): ServerState => ({
  uuid: server,
  state: status === "stopped" ? null : (status as RunState),
});
