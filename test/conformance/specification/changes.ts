/** The tables of what an account follows of its own: changes as they come about, and its events: an extension in the specification's style. */
import { audit, type Chapter, changes, streams } from "./row.ts";

const SERVERS = changes(
  "what becomes of a server is told in its order, with its status, and numbers without a gap",
);
const ENDS = changes("a server whose guest dies, pauses or ends by itself is told of, once each");
const OTHERS = changes("what becomes of drives, their imaging and resources is told");
const EVENTS = audit("the trail is answered by object, and backwards from any event, each account's own");

export const CHANGES: Chapter = {
  title: "Changes",
  tables: [
    {
      title: "Follow one's own objects",
      command: "profile/changes",
      row: [...SERVERS, ...OTHERS],
      answers: { type: [...SERVERS, ...OTHERS], object: SERVERS, status: [...SERVERS, ...ENDS, ...OTHERS] },
      says: {
        "Last-Event-ID: it goes on behind that number": changes(
          "a stream goes on behind the number that was taken last, over a restart of the daemon, with no loss and nothing twice",
        ),
        "reset: what was kept does not reach so far back": changes(
          "whoever was away for longer than is kept, or names what never was, begins anew",
        ),
        "16 streams at most: 429 busy": [
          ...changes(
            "an account has sixteen streams at most, whoever else has none left for it; one that is left makes room",
          ),
          ...streams("streams are half of all connections at most, and one account has sixteen of them"),
        ],
        "it ends with its key and its session": changes(
          "a stream ends once its key is gone, and once its session is",
        ),
      },
    },
    {
      title: "List events of one object",
      command: "profile/events/of/OBJECT[/FROM]",
      row: EVENTS,
    },
    {
      title: "List events before one",
      command: "profile/events[/of/OBJECT]/before/EVENT",
      row: EVENTS,
    },
  ],
};
