/** What the account's page shows, as an address says it. */

import { type ListSearch, listSearch } from "../parts/list.ts";
import { openDialog } from "../parts/open-dialog.ts";
import { isYes, type Search } from "../parts/search.ts";

export type AccountSearch = ListSearch & {
  readonly tab?: string;
  readonly dialog?: string;
  /** Of use, and of the ledger. */
  readonly month?: string;
  /** Whether one is about to subscribe. */
  readonly subscribe?: true;
};

export const accountSearch = (search: Search): AccountSearch => ({
  ...listSearch(search),
  ...openDialog(search),
  ...(typeof search.tab === "string" ? { tab: search.tab } : {}),
  ...(typeof search.month === "string" ? { month: search.month } : {}),
  ...(isYes(search.subscribe) ? { subscribe: true as const } : {}),
});
