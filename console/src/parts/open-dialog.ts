/** Which dialog is open on a page: its address says so, whatever else it says. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import type { Search } from "./search.ts";

/** Of an address. */
export const openDialog = ({ dialog }: Search): { dialog?: string } =>
  typeof dialog === "string" ? { dialog } : {};

export function useOpenDialog(): {
  /** Undefined: none. */
  readonly dialog: string | undefined;
  /** Closes the one that is open where none is named. */
  readonly open: (dialog?: string) => void;
} {
  const { dialog } = useSearch({ strict: false });
  const navigate = useNavigate();
  const open = useCallback(
    (next?: string) =>
      void navigate({
        to: ".",
        // What lies behind stays where it is, and the way back from it leads to no dialog that was closed.
        ...{ resetScroll: false, replace: next === undefined },
        search: ({ dialog: _, ...kept }) => ({ ...kept, ...(next && { dialog: next }) }),
      }),
    [navigate],
  );
  return { dialog, open };
}
