import type { Search } from "../parts/search.ts";

/** What of the activity is shown, in its address. */
export type ActivitySearch = {
  /** Words that an event has. */
  readonly q?: string;
  /** The uuid or the address of one object. */
  readonly object?: string;
  /** Only what came to nothing. */
  readonly outcome?: "failed";
};

export const activitySearch = ({ q, object, outcome }: Search): ActivitySearch => ({
  ...(typeof q === "string" && q !== "" ? { q } : {}),
  ...(typeof object === "string" && object !== "" ? { object } : {}),
  ...(outcome === "failed" ? { outcome } : {}),
});
