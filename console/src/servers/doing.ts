/** What can be done with servers by one click, and what hinders it. */
import { change } from "../api/client.ts";
import { type Server, textOf } from "../api/objects.ts";
import { serverCan, serverStateOf, told } from "../api/rules.ts";
import { text } from "./text.ts";

export const ACTIONS = ["start", "shutdown", "stop", "reset"] as const;
export type Action = (typeof ACTIONS)[number];

/** Null where it can be done and would do something. */
export function obstacleTo(action: Action | "destroy", server: Server): string | null {
  const status = textOf(server.status);
  const state = serverStateOf({ server: server.server, status });
  const reason = serverCan[action](state);
  if (reason !== null) return told(reason);
  if (action === "start" && status !== "stopped") return text.already.active;
  if ((action === "stop" || action === "shutdown") && status === "stopped") return text.already.stopped;
  return null;
}

/** Whether it is there still once its guest has ended; else it is gone then, and its drives stay. */
export const isKept = ({ persistent }: Server) => persistent?.toString() === "true";

/** What ends a guest for good. */
const ENDS: readonly Action[] = ["shutdown", "stop"];

/** What it does, and what goes with it. */
export function hintOf(action: Action, servers: readonly Server[]): string {
  const gone = goneBy(action, servers).length;
  return gone === 0 ? text.hints[action] : `${text.hints[action]}. ${text.goes(gone, servers.length)}`;
}

/** Those that are gone once it has come about. */
const goneBy = (action: Action, servers: readonly Server[]): readonly Server[] =>
  ENDS.includes(action) ? servers.filter((server) => !isKept(server)) : [];

/** Errors: the API's. */
export const act = (action: Action, { server }: Pick<Server, "server">) =>
  change(`servers/${server}/${action}`);

export const nameOf = ({ name, server }: Server) => textOf(name) || server;
