/** What can be done with servers by one click, and what hinders it. */
import { change } from "../api/client.ts";
import { type Server, textOf } from "../api/objects.ts";
import { serverCan, serverStateOf } from "../api/rules.ts";
import { text } from "./text.ts";

export const ACTIONS = ["start", "shutdown", "stop", "reset"] as const;
export type Action = (typeof ACTIONS)[number];

/** Null where it can be done and would do something. */
export function obstacleTo(action: Action | "destroy", server: Server): string | null {
  const status = textOf(server.status);
  const state = serverStateOf({ server: server.server, status });
  const reason = serverCan[action](state);
  if (reason !== null) return capital(reason.sentence);
  if (action === "start" && status !== "stopped") return text.already.active;
  if ((action === "stop" || action === "shutdown") && status === "stopped") return text.already.stopped;
  return null;
}

const capital = (sentence: string) => `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;

/** Errors: the API's. */
export const act = (action: Action, { server }: Pick<Server, "server">) =>
  change(`servers/${server}/${action}`);

export const nameOf = ({ name, server }: Server) => textOf(name) || server;
