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
import { CHANGE_COMMANDS, type ChangeDependencies } from "./changes/commands.ts";
import { Feed } from "./changes/feed.ts";
import { ChangeRecords } from "./changes/records.ts";
import { DRIVE_COMMANDS } from "./drives/commands.ts";
import { DriveRecords } from "./drives/records.ts";
import type { DriveCommandDependencies } from "./drives/requested-drive.ts";
import { IMAGE_COMMANDS, type ImageDependencies } from "./images/commands.ts";
import { CLOUD_COMMANDS } from "./operator/commands/cloud.ts";
import { cloudDependencies } from "./operator/commands/dependencies.ts";
import { HOST_COMMANDS } from "./operator/commands/hosts.ts";
import type { OwnStatus } from "./operator/status.ts";
import { RESOURCE_COMMANDS } from "./resources/commands.ts";
import { POOL_COMMANDS } from "./resources/pool-commands.ts";
import { ResourceRecords } from "./resources/records.ts";
import { SAMPLE_COMMANDS, type SampleDependencies } from "./samples/commands.ts";
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
  Pick<WebhookDependencies, "sendNow"> &
  Pick<SampleDependencies, "samples"> &
  Pick<ImageDependencies, "builder"> & {
    readonly servers: ServerRecords;
    readonly screens: Screens;
    readonly letIn: ChangeDependencies["letIn"];
    /** What the daemon says of itself. */
    readonly ownStatus: () => Promise<OwnStatus>;
  };

export function boundCommands(
  cloud: AccountDependencies,
  { servers, counters, screens, sendNow, samples, letIn, ownStatus, builder }: CommandParts,
): readonly Command[] {
  const { store, hosts, clock, onTrouble } = cloud;
  const changes = new ChangeRecords(store);
  const records = new DriveRecords(store);
  const whole = cloudDependencies(cloud, ownStatus);
  return [
    ...bind(DRIVE_COMMANDS, { ...cloud, records, counters, guestIo: guestIo(servers, hosts) }),
    ...bind(SERVER_COMMANDS, { ...cloud, records: servers }),
    ...bind(SCREEN_COMMANDS, { hosts, records: servers, screens }),
    ...bind(SAMPLE_COMMANDS, { records: servers, samples, clock }),
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
    ...bind(CHANGE_COMMANDS, { records: changes, feed: new Feed(changes, onTrouble), letIn, onTrouble }),
    ...bind(CLOUD_COMMANDS, whole),
    ...bind(HOST_COMMANDS, whole),
    ...bind(POOL_COMMANDS, cloud),
    ...bind(IMAGE_COMMANDS, { ...cloud, builder }),
  ];
}
