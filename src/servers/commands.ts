/** The commands on servers: one entry for each row of the specification. */
import type { Declared, Request } from "../api/command.ts";
import type { Properties } from "../api/properties.ts";
import { mapPages } from "../base/pages.ts";
import { allSoon, type Soon, whenThere } from "../base/soon.ts";
import type { Live, ServerCounters, ServerHost } from "../host/host.ts";
import { repeatOf } from "../operations/idempotency.ts";
import { serverAnswer, unreadableAnswer } from "./answer.ts";
import { SERVER_ERRORS } from "./command-errors.ts";
import type { ServerDependencies } from "./dependencies.ts";
import { SERVER_EXAMPLES } from "./examples.ts";
import { SERVER_KEYS } from "./keys.ts";
import { createServer } from "./lifecycle/create.ts";
import { resetServer, shutDownServer } from "./lifecycle/direct.ts";
import { destroyServer, stopServer } from "./lifecycle/end.ts";
import { setServer } from "./lifecycle/set.ts";
import { startServer } from "./lifecycle/start.ts";
import type { ServerRecords, UnreadableServer } from "./records.ts";
import { type Server, serverWord } from "./server.ts";

const NOTHING_COUNTED: ServerCounters = { rxBytes: 0, rxPackets: 0, txBytes: 0, txPackets: 0, devices: {} };

export type ServerCommandDependencies = ServerDependencies & { readonly records: ServerRecords };
type Dependencies = ServerCommandDependencies;

export const SERVER_COMMANDS: readonly Declared<Dependencies>[] = [
  {
    path: "servers/list",
    summary: "List all servers",
    effect: "reads",
    takes: "nothing",
    returns: "list",
    answers: SERVER_KEYS.named("server", "cpu", "mem"),
    errors: SERVER_ERRORS.list,
    example: SERVER_EXAMPLES.list,
    run: async ({ records }, { caller }) =>
      mapPages(records.listedOf(caller.user), (page) =>
        page.map(({ uuid, cpu_mhz, mem_mib }) => [
          ["server", uuid],
          ["cpu", cpu_mhz],
          ["mem", mem_mib],
        ]),
      ),
  },
  {
    path: "servers/SERVER/info",
    summary: "Get single server info",
    effect: "reads",
    takes: "nothing",
    returns: "properties",
    answers: SERVER_KEYS.answered,
    errors: SERVER_ERRORS.info,
    example: SERVER_EXAMPLES.info,
    // The request that is polled most: it waits for the host only where there is something to ask.
    run: (dependencies, request) =>
      whenThere(ownServer(dependencies, request), (server) => answer(dependencies, server)),
  },
  {
    path: "servers/info",
    summary: "Get all servers info",
    effect: "reads",
    takes: "nothing",
    returns: "properties list",
    answers: SERVER_KEYS.answered,
    errors: SERVER_ERRORS.infoOfAll,
    example: SERVER_EXAMPLES.infoOfAll,
    run: async (dependencies, { caller }) =>
      mapPages(dependencies.records.ofUser(caller.user), (page) =>
        allSoon(page.map((server) => answer(dependencies, server))),
      ),
  },
  create("servers/create", "Create and start a server", true),
  create("servers/create/stopped", "Create a server without starting it", false),
  act("start", "Start a server", (dependencies, { uuid }, id) => startServer(dependencies, uuid, id)),
  {
    path: "servers/SERVER/set",
    summary: "Set server configuration",
    effect: "changes",
    takes: "properties",
    keys: SERVER_KEYS.toSet,
    returns: "properties",
    answers: SERVER_KEYS.answered,
    errors: SERVER_ERRORS.set,
    example: SERVER_EXAMPLES.set,
    async run(dependencies, request) {
      const { uuid, user } = await ownServer(dependencies, request);
      await setServer(dependencies, uuid, request.input, request.requestId);
      return answer(dependencies, await dependencies.records.own(uuid, user));
    },
  },
  act("stop", "Stop a server at once, as a power failure would", (dependencies, { uuid }, id) =>
    stopServer(dependencies, uuid, id),
  ),
  act("destroy", "Destroy a server, stopping it first if it is active", (dependencies, { uuid }, id) =>
    destroyServer(dependencies, uuid, id),
  ),
  act("shutdown", "Send a server an ACPI power-down event", shutDownServer),
  act("reset", "Reset a server", resetServer),
];

function create(path: string, summary: string, start: boolean): Declared<Dependencies> {
  return {
    path,
    creates: true,
    summary,
    effect: "changes",
    takes: "properties",
    keys: SERVER_KEYS.toCreate,
    returns: "properties",
    answers: SERVER_KEYS.answered,
    errors: SERVER_ERRORS[start ? "create" : "createStopped"],
    example: start ? SERVER_EXAMPLES.create : SERVER_EXAMPLES.createStopped,
    async run(dependencies, { caller, input, requestId, idempotencyKey }) {
      const repeat = repeatOf(caller.user, idempotencyKey, path, input);
      const asked = { user: caller.user, input, start, repeat, request: requestId };
      const uuid = await createServer(dependencies, asked);
      return answer(dependencies, await dependencies.records.own(uuid, caller.user));
    },
  };
}

function act(
  verb: "start" | "stop" | "destroy" | "shutdown" | "reset",
  summary: string,
  work: (
    dependencies: Dependencies,
    server: Pick<Server, "uuid" | "host">,
    requestId: string | null,
  ) => Promise<void>,
): Declared<Dependencies> {
  return {
    path: `servers/SERVER/${verb}`,
    summary,
    effect: "changes",
    takes: "nothing",
    returns: "nothing",
    errors: SERVER_ERRORS[verb],
    example: SERVER_EXAMPLES.act,
    async run(dependencies, { params, caller, requestId }) {
      // One whose row is damaged can be ended all the same.
      const server = await dependencies.records.locate(serverWord(params.SERVER), caller.user);
      await work(dependencies, server, requestId);
    },
  };
}

/** The server, which is the caller's: its records say so. */
const ownServer = ({ records }: Dependencies, { params, caller }: Request) =>
  records.own(serverWord(params.SERVER), caller.user);

function answer(dependencies: Dependencies, server: Server | UnreadableServer): Soon<Properties> {
  if ("unreadable" in server) return unreadableAnswer(server);
  return server.run === null ? serverAnswer(server, null) : liveAnswer(dependencies, server);
}

function liveAnswer({ hosts }: Dependencies, server: Server): Soon<Properties> {
  const { servers } = hosts.get(server.host);
  return whenThere(servers.live(server.uuid), (live) => {
    if (live !== null || server.phase !== "active") return serverAnswer(server, live);
    return unsettled(servers, server.uuid).then((ended) => serverAnswer(server, ended));
  });
}

/**
 * What is shown of an active server whose run the host does not have any more: the run has ended, and its end is not
 * recorded yet. The server stays active until then, since it still holds its drives and addresses.
 */
async function unsettled(servers: ServerHost, uuid: string): Promise<Live> {
  const instance = await servers.find(uuid);
  const counters = instance?.state === "ended" ? instance.counters : NOTHING_COUNTED;
  return { state: "active", responsive: false, counters };
}
