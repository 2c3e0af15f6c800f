/** All commands of the API, each given what it works with: what is served, by the daemon and in tests alike. */
import { ACCOUNT_COMMANDS } from "./accounts/commands.ts";
import type { AccountDependencies } from "./accounts/dependencies.ts";
import { notingAsked } from "./accounts/funds/warnings.ts";
import { PROFILE_COMMANDS } from "./accounts/profile-commands.ts";
import { SESSION_COMMANDS } from "./accounts/session-commands.ts";
import { ensureAdmin } from "./accounts/standing.ts";
import { bind, type Command } from "./api/command.ts";
import { AUDIT_COMMANDS } from "./audit/commands.ts";
import { EventRecords } from "./audit/records.ts";
import { INVOICE_COMMANDS } from "./billing/commands/invoices.ts";
import { LEDGER_COMMANDS } from "./billing/commands/ledger.ts";
import { PRICING_COMMANDS } from "./billing/commands/pricing.ts";
import { SUBSCRIPTION_COMMANDS } from "./billing/commands/subscriptions.ts";
import { DRIVE_COMMANDS } from "./drives/commands.ts";
import { DriveRecords } from "./drives/records.ts";
import type { DriveCommandDependencies } from "./drives/requested-drive.ts";
import { RESOURCE_COMMANDS } from "./resources/commands.ts";
import { ResourceRecords } from "./resources/records.ts";
import { SERVER_COMMANDS } from "./servers/commands.ts";
import { guestIo } from "./servers/guest-io.ts";
import type { ServerRecords } from "./servers/records.ts";
import { SCREEN_COMMANDS } from "./servers/screen-commands.ts";
import type { Screens } from "./servers/screens.ts";
import { USAGE_COMMANDS } from "./usage/commands.ts";
import { WEBHOOK_COMMANDS } from "./webhooks/commands.ts";
import type { WebhookDependencies } from "./webhooks/dependencies.ts";

/** What commands share with whatever else serves or is served. */
export type CommandParts = Pick<DriveCommandDependencies, "counters"> &
  Pick<WebhookDependencies, "sendNow"> & {
    readonly servers: ServerRecords;
    readonly screens: Screens;
  };

export function boundCommands(
  cloud: AccountDependencies,
  { servers, counters, screens, sendNow }: CommandParts,
): readonly Command[] {
  const { store, hosts, clock } = cloud;
  const records = new DriveRecords(store);
  return [
    ...bind(DRIVE_COMMANDS, { ...cloud, records, counters, guestIo: guestIo(servers, hosts) }),
    ...bind(SERVER_COMMANDS, { ...cloud, records: servers }),
    ...bind(SCREEN_COMMANDS, { hosts, records: servers, screens }),
    ...bind(RESOURCE_COMMANDS, { ...cloud, records: new ResourceRecords(store) }),
    ...bind(PROFILE_COMMANDS, { ...cloud, noteAsked: notingAsked(store, clock) }),
    ...bind(SESSION_COMMANDS, cloud),
    ...bind(ACCOUNT_COMMANDS, cloud),
    ...bind(PRICING_COMMANDS, cloud),
    ...bind(SUBSCRIPTION_COMMANDS, cloud),
    ...bind(USAGE_COMMANDS, cloud),
    ...bind(LEDGER_COMMANDS, cloud),
    ...bind(INVOICE_COMMANDS, cloud),
    ...bind(AUDIT_COMMANDS, { events: new EventRecords(store) }),
    ...bind(WEBHOOK_COMMANDS, { ...cloud, ensureAdmin, sendNow }),
  ];
}
