/** The whole specification, in its order, and what there is beyond its text. */
import { ACCOUNTS } from "./accounts.ts";
import { CHANGES } from "./changes.ts";
import { CLIENTS } from "./clients.ts";
import { CLOUD } from "./cloud.ts";
import { DRIVES } from "./drives.ts";
import { FETCHES } from "./fetch.ts";
import { FUNDS } from "./funds.ts";
import { INTRODUCTION } from "./introduction.ts";
import { MONEY } from "./money.ts";
import { PAGES } from "./pages.ts";
import { RESOURCES } from "./resources.ts";
import type { Chapter } from "./row.ts";
import { SERVERS } from "./servers.ts";
import { USE } from "./use.ts";
import { WEBHOOKS } from "./webhooks.ts";

export const SPECIFICATION: readonly Chapter[] = [
  ...[
    INTRODUCTION,
    DRIVES,
    SERVERS,
    RESOURCES,
    ACCOUNTS,
    USE,
    MONEY,
    FUNDS,
    WEBHOOKS,
    CLOUD,
    PAGES,
    FETCHES,
    CLIENTS,
    CHANGES,
  ],
];

/** Keys that commands take although the specification's tables do not list them, each with who sends them. */
export const BEYOND: Readonly<Record<string, string>> = {
  tier: "the upload tools (fact 3)",
};
