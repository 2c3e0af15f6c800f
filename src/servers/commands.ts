/** The commands on servers: one entry for each row of the specification. */
import type { Declared, Request } from "../api/command.ts";
import type { Properties } from "../api/properties.ts";
import type { Host } from "../host/host.ts";
import { serverAnswer } from "./answer.ts";
import { SERVER_EXAMPLES } from "./examples.ts";
import { SERVER_KEYS } from "./keys.ts";
import type { ServerLifecycle } from "./lifecycle.ts";
import type { ServerRecords } from "./records.ts";
import { type Server, serverWord } from "./server.ts";

export type ServerCommandParts = {
  readonly records: ServerRecords;
  readonly lifecycle: ServerLifecycle;
  readonly host: Host;
};
type Parts = ServerCommandParts;

export const SERVER_COMMANDS: readonly Declared<Parts>[] = [
  {
    path: "servers/list",
    summary: "List all servers",
    effect: "reads",
    takes: "nothing",
    returns: "list",
    answers: SERVER_KEYS.named("server", "cpu", "mem"),
    example: SERVER_EXAMPLES.list,
    run: async ({ records }, { caller }) =>
      (await records.ofUser(caller.user)).map(({ uuid, config }) => [
        ["server", uuid],
        ["cpu", config.cpu ?? 0],
        ["mem", config.mem ?? 0],
      ]),
  },
  {
    path: "servers/SERVER/info",
    summary: "Get single server info",
    effect: "reads",
    takes: "nothing",
    returns: "properties",
    answers: SERVER_KEYS.keys,
    example: SERVER_EXAMPLES.info,
    run: async (parts, request) => answer(parts, await ownServer(parts, request)),
  },
  {
    path: "servers/info",
    summary: "Get all servers info",
    effect: "reads",
    takes: "nothing",
    returns: "properties list",
    answers: SERVER_KEYS.keys,
    example: SERVER_EXAMPLES.infoOfAll,
    async run(parts, { caller }) {
      const servers = await parts.records.ofUser(caller.user);
      return Promise.all(servers.map((server) => answer(parts, server)));
    },
  },
  create("servers/create", "Create and start a server", true),
  create("servers/create/stopped", "Create a server without starting it", false),
  act("start", "Start a server"),
  {
    path: "servers/SERVER/set",
    summary: "Set server configuration",
    effect: "changes",
    takes: "properties",
    keys: SERVER_KEYS.toSet,
    returns: "properties",
    answers: SERVER_KEYS.keys,
    example: SERVER_EXAMPLES.set,
    async run(parts, request) {
      const { uuid, user } = await ownServer(parts, request);
      await parts.lifecycle.set(uuid, request.input);
      return answer(parts, await parts.records.own(uuid, user));
    },
  },
  act("stop", "Stop a server at once, as a power failure would"),
  act("destroy", "Destroy a server, stopping it first if it is active"),
  act("shutdown", "Send a server an ACPI power-down event"),
  act("reset", "Reset a server"),
];

function create(path: string, summary: string, start: boolean): Declared<Parts> {
  return {
    path,
    summary,
    effect: "changes",
    takes: "properties",
    keys: SERVER_KEYS.toCreate,
    returns: "properties",
    answers: SERVER_KEYS.keys,
    example: start ? SERVER_EXAMPLES.create : SERVER_EXAMPLES.createStopped,
    async run(parts, { caller, input }) {
      const uuid = await parts.lifecycle.create(caller.user, input, start);
      return answer(parts, await parts.records.own(uuid, caller.user));
    },
  };
}

function act(verb: "start" | "stop" | "destroy" | "shutdown" | "reset", summary: string): Declared<Parts> {
  return {
    path: `servers/SERVER/${verb}`,
    summary,
    effect: "changes",
    takes: "nothing",
    returns: "nothing",
    example: SERVER_EXAMPLES.act,
    run: async (parts, request) => parts.lifecycle[verb]((await ownServer(parts, request)).uuid),
  };
}

const ownServer = ({ records }: Parts, { params, caller }: Request) =>
  records.own(serverWord(params.SERVER), caller.user);

async function answer({ lifecycle, host }: Parts, server: Server): Promise<Properties> {
  const state = server.run === null ? null : lifecycle.runState(server.uuid);
  if (state === null) return serverAnswer(server, null);
  try {
    return serverAnswer(server, { state, counters: await host.servers.counters(server.uuid) });
  } catch (error) {
    // It ended while its counters were asked for: it is answered as it is now.
    if (lifecycle.runState(server.uuid) === null) return serverAnswer(server, null);
    throw error;
  }
}
