/** The tables about what pages in a browser ask for: an extension in the specification's style. */
import { type Chapter, screens, sessions } from "./row.ts";

const BEGUN = sessions(
  "a session is begun with a key, and its page asks without one; of what the browser keeps the store has a digest",
);
const LISTS = sessions("lists answer sessions by their uuids, oldest first, and infos each as its own");
const FOREIGN = sessions("another's session is answered as one that is not there");
const ANSWERS = {
  ...{ session: BEGUN, key: LISTS, created: LISTS, used: LISTS, address: LISTS },
  expires: [
    ...BEGUN,
    ...sessions(
      "a session ends by itself when nobody has used it for twelve hours, and not while somebody does",
    ),
  ],
  current: LISTS,
};

const TICKET = screens("a ticket is good for thirty seconds, as it says");

export const PAGES: Chapter = {
  title: "Pages in a browser",
  tables: [
    {
      title: "Begin a session",
      command: "session",
      row: BEGUN,
      answers: ANSWERS,
      says: {
        "a session opens what its key opens": sessions(
          "a session opens what its key opens, and ends none that opens more",
        ),
        "a code begins one": sessions(
          "a code begins one session, whoever comes with it at once, and opens nothing else",
          "a code is over after ten minutes, with its key and its account, and an account has ten",
        ),
      },
    },
    {
      title: "End one's session",
      command: "session/end",
      row: sessions(
        "a session that was just used opens nothing from the moment at which its page ends it",
        "a page that ends its session has its browser forget it, by whichever name",
      ),
    },
    { title: "List all sessions", command: "profile/sessions/list", row: LISTS, answers: { session: LISTS } },
    { title: "Get all sessions' info", command: "profile/sessions/info", row: LISTS, answers: ANSWERS },
    {
      title: "Get single session info",
      command: "profile/sessions/SESSION/info",
      row: [...BEGUN, ...FOREIGN],
      answers: ANSWERS,
    },
    {
      title: "End a session",
      command: "profile/sessions/SESSION/destroy",
      row: [
        ...sessions(
          "a session that was just used opens nothing from the moment at which another of the account ends it",
        ),
        ...FOREIGN,
      ],
    },
    {
      title: "Look at a server",
      command: "servers/SERVER/screen",
      row: screens(
        "a ticket shows a server's screen, byte for byte in both directions, and that is in the trail",
        "a ticket is good once, and nobody else's, nor what was never one, is",
        "a screen goes with its server, and a stopped one has none",
      ),
      answers: { ticket: TICKET, expires: TICKET },
      says: {
        "GET screen/TICKET is a WebSocket": screens(
          "a page of another origin does not look, whatever ticket it has, and one of this origin does",
          "text is refused, and so is a message without an end",
        ),
      },
    },
    {
      title: "Look at a server's serial port",
      command: "servers/SERVER/serial",
      row: screens(
        "a serial port's first message is what was said before, all others what is said then, and what is sent the guest reads",
        "of a server that is stopped its serial port shows what it said last, and of one that was started again it does not",
        "a ticket for a screen is none for a serial port, nor the other way round, and is used up all the same",
      ),
      answers: { ticket: TICKET, expires: TICKET },
      says: {
        "GET serial/TICKET is a WebSocket": screens(
          "a page of another origin has no serial port, whatever ticket it has, nor has who lost their key",
          "a message to a serial port has 64 KiB at most, and eight look at one",
        ),
      },
    },
  ],
};
