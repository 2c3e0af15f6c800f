/** The keys of a change, as a stream of them has them (docs/console.md, changes). */
import { state } from "../api/answered.ts";
import { type Key, keyTable } from "../api/key.ts";

const KEYS: readonly Key[] = [
  { ...state, pattern: "type", help: "what the object is: server, drive, ip or vlan" },
  { ...state, pattern: "object", help: "its uuid, or its address" },
  {
    ...state,
    pattern: "status",
    help: "what it is now: a server's status; of a drive ready, queued, imaging or failed",
  },
];

export const CHANGE_KEYS = keyTable(KEYS);
