/** The commands on servers: one entry for each row of the specification. */
import type { Command, Request } from "../api/command.ts";
import type { Properties } from "../api/properties.ts";
import type { Host } from "../host/host.ts";
import { serverAnswer } from "./answer.ts";
import { SERVER_KEYS } from "./keys.ts";
import type { ServerLifecycle } from "./lifecycle.ts";
import type { ServerRecords } from "./records.ts";
import { type Server, serverWord } from "./server.ts";

type Parts = { readonly records: ServerRecords; readonly lifecycle: ServerLifecycle; readonly host: Host };

export function serverCommands({ records, lifecycle, host }: Parts): readonly Command[] {
  const ownServer = ({ words, caller }: Request) => records.own(serverWord(words["SERVER"]), caller.user);

  async function answer(server: Server): Promise<Properties> {
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

  const create = (path: string, summary: string, start: boolean): Command => ({
    path,
    summary,
    effect: "changes",
    takes: "properties",
    keys: SERVER_KEYS.keys,
    returns: "properties",
    async run({ caller, input }) {
      const uuid = await lifecycle.create(caller.user, input, start);
      return answer(await records.own(uuid, caller.user));
    },
  });

  const act = (verb: string, summary: string, effect: (uuid: string) => Promise<void>): Command => ({
    path: `servers/SERVER/${verb}`,
    summary,
    effect: "changes",
    takes: "nothing",
    returns: "nothing",
    run: async (request) => effect((await ownServer(request)).uuid),
  });

  return [
    {
      path: "servers/list",
      summary: "List all servers",
      effect: "reads",
      takes: "nothing",
      returns: "list",
      run: async ({ caller }) =>
        (await records.ofUser(caller.user)).map(({ uuid, config }) => [
          ["server", uuid],
          ["cpu", config["cpu"] ?? 0],
          ["mem", config["mem"] ?? 0],
        ]),
    },
    {
      path: "servers/SERVER/info",
      summary: "Get single server info",
      effect: "reads",
      takes: "nothing",
      returns: "properties",
      run: async (request) => answer(await ownServer(request)),
    },
    {
      path: "servers/info",
      summary: "Get all servers info",
      effect: "reads",
      takes: "nothing",
      returns: "properties list",
      run: async ({ caller }) => Promise.all((await records.ofUser(caller.user)).map(answer)),
    },
    create("servers/create", "Create and start a server", true),
    create("servers/create/stopped", "Create a server without starting it", false),
    act("start", "Start a server", lifecycle.start),
    {
      path: "servers/SERVER/set",
      summary: "Set server configuration",
      effect: "changes",
      takes: "properties",
      keys: SERVER_KEYS.keys,
      returns: "properties",
      async run(request) {
        const { uuid } = await ownServer(request);
        await lifecycle.set(uuid, request.input);
        return answer(await records.own(uuid, request.caller.user));
      },
    },
    act("stop", "Stop a server at once, as a power failure would", lifecycle.stop),
    act("destroy", "Destroy a server, stopping it first if it is active", lifecycle.destroy),
    act("shutdown", "Send a server an ACPI power-down event", lifecycle.shutdown),
    act("reset", "Reset a server", lifecycle.reset),
  ];
}
