/**
 * Whether a key can be given now: at creation, or later while its object is stopped or active. Runs in a browser as it
 * stands: it imports types alone.
 */
import type { Key, Moment } from "./key.ts";
import type { Reason } from "./reason.ts";

/** Why a key that a stopped server takes cannot be set now; null where it can, or never can. `name` is as it was given. */
export const whyNotNow = (
  name: string,
  { settable }: Pick<Key, "settable">,
  moment: Moment,
): Reason | null =>
  moment === "active" && settable.includes("stopped") && !settable.includes("active")
    ? { code: "server_not_stopped", sentence: `${name} can only be changed while the server is stopped` }
    : null;
