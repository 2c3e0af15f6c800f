/** All commands of the API, as they are declared: for help and documentation. */
import { ACCOUNT_COMMANDS } from "./accounts/commands.ts";
import { PROFILE_COMMANDS } from "./accounts/profile-commands.ts";
import { SESSION_COMMANDS } from "./accounts/session-commands.ts";
import type { Declared } from "./api/command.ts";
import { AUDIT_COMMANDS } from "./audit/commands.ts";
import { INVOICE_COMMANDS } from "./billing/commands/invoices.ts";
import { LEDGER_COMMANDS } from "./billing/commands/ledger.ts";
import { PRICING_COMMANDS } from "./billing/commands/pricing.ts";
import { SUBSCRIPTION_COMMANDS } from "./billing/commands/subscriptions.ts";
import { CHANGE_COMMANDS } from "./changes/commands.ts";
import { DRIVE_COMMANDS } from "./drives/commands.ts";
import { IMAGE_COMMANDS } from "./images/commands.ts";
import { CLOUD_COMMANDS } from "./operator/commands/cloud.ts";
import { HOST_COMMANDS } from "./operator/commands/hosts.ts";
import { RESOURCE_COMMANDS } from "./resources/commands.ts";
import { POOL_COMMANDS } from "./resources/pool-commands.ts";
import { SAMPLE_COMMANDS } from "./samples/commands.ts";
import { SERVER_COMMANDS } from "./servers/commands.ts";
import { SCREEN_COMMANDS } from "./servers/screen-commands.ts";
import { USAGE_COMMANDS } from "./usage/commands.ts";
import { WEBHOOK_COMMANDS } from "./webhooks/commands.ts";

export type CommandRow = Omit<Declared<never>, "run">;

export const COMMANDS: readonly CommandRow[] = [
  ...[...DRIVE_COMMANDS, ...SERVER_COMMANDS, ...SCREEN_COMMANDS, ...RESOURCE_COMMANDS],
  ...SAMPLE_COMMANDS,
  ...[...PROFILE_COMMANDS, ...SESSION_COMMANDS, ...ACCOUNT_COMMANDS, ...AUDIT_COMMANDS, ...WEBHOOK_COMMANDS],
  ...[...USAGE_COMMANDS, ...PRICING_COMMANDS, ...SUBSCRIPTION_COMMANDS],
  ...[...LEDGER_COMMANDS, ...INVOICE_COMMANDS],
  ...CHANGE_COMMANDS,
  ...[...CLOUD_COMMANDS, ...HOST_COMMANDS, ...POOL_COMMANDS, ...IMAGE_COMMANDS],
];
