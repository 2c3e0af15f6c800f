/** What can be done with servers by one click, and what hinders it. */
import { change } from "../api/client.ts";
import { called, type Server, textOf } from "../api/objects.ts";
import { reasonSentence, serverCan, serverStateOf } from "../api/rules.ts";
import { text } from "./text.ts";

export const ACTIONS = ["start", "shutdown", "stop", "reset"] as const;
export type Action = (typeof ACTIONS)[number];

/** Null where it can be done and would do something. */
export function obstacleTo(action: Action | "destroy", server: Server): string | null {
  const status = textOf(server.status);
  const state = serverStateOf({ server: server.server, status });
  const reason = serverCan[action](state);
  if (reason !== null) return reasonSentence(reason);
  if (action === "start" && status !== "stopped") return text.already.active;
  if ((action === "stop" || action === "shutdown") && status === "stopped") return text.already.stopped;
  return null;
}

/** Whether it is there still once its guest has ended; else it is gone then, and its drives stay. */
export const isKept = ({ persistent }: Server) => persistent?.toString() === "true";

/** Whether it is gone once that is done; a guest that is told to shut down takes its time. */
export const isGoneBy = (action: Action, server: Server) => action === "stop" && !isKept(server);

/** What it does, and how many go with it. */
export function hintOf(action: Action, servers: readonly Server[]): string {
  const hint = text.hints[action];
  const gone = servers.filter((server) => !isKept(server)).length;
  const isAnEnd = action === "stop" || action === "shutdown";
  return isAnEnd && gone > 0 ? `${hint}. ${text.goes(gone, servers.length)}` : hint;
}

/** Errors: the API's. */
export const act = (action: Action, { server }: Pick<Server, "server">) =>
  change(`servers/${server}/${action}`);

export const nameOf = ({ name, server }: Server) => called(name, server);
