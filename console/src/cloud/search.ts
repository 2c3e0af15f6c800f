/** What the addresses of the admin's pages have besides a tab, a filter and an order. */

import { type ListSearch, listSearch } from "../parts/list.ts";
import { openDialog } from "../parts/open-dialog.ts";
import type { Search } from "../parts/search.ts";

/** A tab of a page, how its list is shown, and a dialog that is open on it. */
export type DialogSearch = ListSearch & { readonly tab?: string; readonly dialog?: string };

export const dialogSearch = ({ tab, dialog, ...list }: Search): DialogSearch => ({
  ...listSearch(list),
  ...(typeof tab === "string" ? { tab } : {}),
  ...openDialog({ dialog }),
});

/** From which event on the trail is shown, and whether with what was only read. */
export type AuditSearch = ListSearch & { readonly from?: number; readonly show?: "all" };

export const auditSearch = (search: Search): AuditSearch => ({
  ...listSearch(search),
  ...(isNumber(search.from) ? { from: Number(search.from) } : {}),
  ...(search.show === "all" ? { show: search.show } : {}),
});

const isNumber = (value: unknown) => /^\d+$/.test(String(value)) && Number.isSafeInteger(Number(value));
