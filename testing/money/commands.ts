/** The commands of a daemon that has no HTTP in front of it, by their paths. */
import { ACCOUNT_COMMANDS } from "../../src/accounts/commands.ts";
import { notingAsked } from "../../src/accounts/funds/warnings.ts";
import { PROFILE_COMMANDS } from "../../src/accounts/profile-commands.ts";
import { ensureAdmin } from "../../src/accounts/standing.ts";
import { bind, type Command } from "../../src/api/command.ts";
import { INVOICE_COMMANDS } from "../../src/billing/commands/invoices.ts";
import { LEDGER_COMMANDS } from "../../src/billing/commands/ledger.ts";
import { PRICING_COMMANDS } from "../../src/billing/commands/pricing.ts";
import { SUBSCRIPTION_COMMANDS } from "../../src/billing/commands/subscriptions.ts";
import { USAGE_COMMANDS } from "../../src/usage/commands.ts";
import { WEBHOOK_COMMANDS } from "../../src/webhooks/commands.ts";
import { objectCommands } from "../object-commands.ts";
import type { Daemon } from "../state-daemon.ts";

export function commandsOf(daemon: Daemon): ReadonlyMap<string, Command> {
  const { dependencies, store } = daemon;
  const commands = [
    ...objectCommands(daemon),
    ...bind(PROFILE_COMMANDS, { ...dependencies, noteAsked: notingAsked(store, dependencies.clock) }),
    ...bind(ACCOUNT_COMMANDS, dependencies),
    ...bind(PRICING_COMMANDS, dependencies),
    ...bind(SUBSCRIPTION_COMMANDS, dependencies),
    ...bind(LEDGER_COMMANDS, dependencies),
    ...bind(INVOICE_COMMANDS, dependencies),
    ...bind(USAGE_COMMANDS, dependencies),
    ...bind(WEBHOOK_COMMANDS, {
      ...{ ...dependencies, ensureAdmin },
      sendNow: (...sent) => daemon.deliverer.sendNow(...sent),
    }),
  ];
  return new Map(commands.map((command) => [command.path, command]));
}
