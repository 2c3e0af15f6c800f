/** The commands by which a page comes to look at a server. */
import type { Declared } from "../api/command.ts";
import type { Properties } from "../api/properties.ts";
import { ensure } from "../api/reason.ts";
import { serverCan } from "./can.ts";
import { SERVER_ERRORS } from "./command-errors.ts";
import type { ServerDependencies } from "./dependencies.ts";
import { SERVER_EXAMPLES } from "./examples.ts";
import { TICKET_KEYS } from "./keys.ts";
import type { ServerRecords } from "./records.ts";
import type { Screens } from "./screens.ts";
import { serverWord } from "./server.ts";
import type { Ticket } from "./tickets.ts";

export type ScreenCommandDependencies = Pick<ServerDependencies, "hosts"> & {
  readonly records: ServerRecords;
  readonly screens: Pick<Screens, "tickets" | "ensureRoom">;
};

export const SCREEN_COMMANDS: readonly Declared<ScreenCommandDependencies>[] = [
  {
    path: "servers/SERVER/screen",
    summary:
      "Get a ticket for the server's screen, which GET screen/TICKET takes once, as a WebSocket of RFB",
    effect: "changes",
    takes: "nothing",
    returns: "properties",
    answers: TICKET_KEYS.keys,
    errors: SERVER_ERRORS.screen,
    example: SERVER_EXAMPLES.screen,
    async run({ records, hosts, screens }, { caller, params }) {
      const { uuid, host } = await records.own(serverWord(params.SERVER), caller.user);
      const instance = await hosts.get(host).servers.find(uuid);
      const state = instance === null || instance.state === "ended" ? null : instance.state;
      ensure(serverCan.screen({ uuid, state }));
      return ticketFor(screens, { caller, server: uuid, kind: "screen" });
    },
  },
  {
    path: "servers/SERVER/serial",
    summary:
      "Get a ticket for the server's serial port, which GET serial/TICKET takes once, as a WebSocket of its bytes: the first message is the last of what it said before, also of a server that is stopped",
    effect: "changes",
    takes: "nothing",
    returns: "properties",
    answers: TICKET_KEYS.keys,
    errors: SERVER_ERRORS.serial,
    example: SERVER_EXAMPLES.serial,
    async run({ records, screens }, { caller, params }) {
      const { uuid } = await records.own(serverWord(params.SERVER), caller.user);
      return ticketFor(screens, { caller, server: uuid, kind: "serial" });
    },
  },
];

/** Errors: `busy`, as many look at it as may. */
function ticketFor(screens: ScreenCommandDependencies["screens"], ticket: Ticket): Properties {
  screens.ensureRoom(ticket);
  const { secret, untilMs } = screens.tickets.give(ticket);
  return [
    ["ticket", secret],
    ["expires", Math.ceil(untilMs / 1000)],
  ];
}
