/** The commands of a daemon that has no HTTP in front of it, by their paths. */
import { ACCOUNT_COMMANDS } from "../../src/accounts/commands.ts";
import { notingAsked } from "../../src/accounts/funds/warnings.ts";
import { PROFILE_COMMANDS } from "../../src/accounts/profile-commands.ts";
import { bind, type Command } from "../../src/api/command.ts";
import { INVOICE_COMMANDS } from "../../src/billing/commands/invoices.ts";
import { LEDGER_COMMANDS } from "../../src/billing/commands/ledger.ts";
import { PRICING_COMMANDS } from "../../src/billing/commands/pricing.ts";
import { SUBSCRIPTION_COMMANDS } from "../../src/billing/commands/subscriptions.ts";
import { DRIVE_COMMANDS } from "../../src/drives/commands.ts";
import { NO_IO } from "../../src/drives/counters.ts";
import { DriveRecords } from "../../src/drives/records.ts";
import { RESOURCE_COMMANDS } from "../../src/resources/commands.ts";
import { ResourceRecords } from "../../src/resources/records.ts";
import { SERVER_COMMANDS } from "../../src/servers/commands.ts";
import { guestIo } from "../../src/servers/guest-io.ts";
import { ServerRecords } from "../../src/servers/records.ts";
import { USAGE_COMMANDS } from "../../src/usage/commands.ts";
import type { Daemon } from "../state-daemon.ts";

export function commandsOf({ dependencies, store, hosts }: Daemon): ReadonlyMap<string, Command> {
  const servers = new ServerRecords(store);
  const commands = [
    ...bind(DRIVE_COMMANDS, {
      ...dependencies,
      records: new DriveRecords(store),
      counters: { add: () => {}, pending: () => NO_IO },
      guestIo: guestIo(servers, hosts),
    }),
    ...bind(SERVER_COMMANDS, { ...dependencies, records: servers }),
    ...bind(RESOURCE_COMMANDS, { ...dependencies, records: new ResourceRecords(store) }),
    ...bind(PROFILE_COMMANDS, { ...dependencies, noteAsked: notingAsked(store, dependencies.clock) }),
    ...bind(ACCOUNT_COMMANDS, dependencies),
    ...bind(PRICING_COMMANDS, dependencies),
    ...bind(SUBSCRIPTION_COMMANDS, dependencies),
    ...bind(LEDGER_COMMANDS, dependencies),
    ...bind(INVOICE_COMMANDS, dependencies),
    ...bind(USAGE_COMMANDS, dependencies),
  ];
  return new Map(commands.map((command) => [command.path, command]));
}
