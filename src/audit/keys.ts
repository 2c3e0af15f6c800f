/** The keys of an event, in the order of answers (accounts: the operator, `events`). */
import { number, state } from "../api/answered.ts";
import { type Key, keyTable } from "../api/key.ts";
import { uuid } from "../api/value.ts";

const KEYS: readonly Key[] = [
  { ...number, pattern: "event", help: "its number, which grows with each" },
  { ...number, pattern: "time", unit: "seconds since the epoch", help: "when it was" },
  { ...state, schema: uuid, pattern: "user", help: "the account that it was about" },
  { ...state, schema: uuid, pattern: "actor", help: "the account that did it" },
  { ...state, schema: uuid, pattern: "key", help: "the key that it was done with" },
  { ...state, pattern: "address", help: "where it was asked from" },
  { ...state, pattern: "command", help: "the path of the command" },
  { ...state, pattern: "object", help: "what the command named or made" },
  { ...state, pattern: "outcome", help: "done, begun where a host had to go on, or an error's code" },
];

export const EVENT_KEYS = keyTable(KEYS);
