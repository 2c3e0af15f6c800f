/** The commands on drives, servers and resources of a daemon that has no HTTP in front of it. */
import { bind, type Command } from "../src/api/command.ts";
import { DRIVE_COMMANDS } from "../src/drives/commands.ts";
import { NO_IO } from "../src/drives/counters.ts";
import { DriveRecords } from "../src/drives/records.ts";
import { RESOURCE_COMMANDS } from "../src/resources/commands.ts";
import { ResourceRecords } from "../src/resources/records.ts";
import { SERVER_COMMANDS } from "../src/servers/commands.ts";
import { guestIo } from "../src/servers/guest-io.ts";
import { ServerRecords } from "../src/servers/records.ts";
import type { Daemon } from "./state-daemon.ts";

/** What guests do is counted alone: what a daemon counts is lost with it. */
export function objectCommands({
  dependencies,
  hosts,
}: Pick<Daemon, "dependencies" | "hosts">): readonly Command[] {
  const { store } = dependencies;
  const servers = new ServerRecords(store);
  return [
    ...bind(DRIVE_COMMANDS, {
      ...dependencies,
      records: new DriveRecords(store),
      counters: { add: () => {}, pending: () => NO_IO },
      guestIo: guestIo(servers, hosts),
    }),
    ...bind(SERVER_COMMANDS, { ...dependencies, records: servers }),
    ...bind(RESOURCE_COMMANDS, { ...dependencies, records: new ResourceRecords(store) }),
  ];
}
