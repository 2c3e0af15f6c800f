/** How an account's funds stand, by what its profile says of them. Pure. */
import { numberOf, type Profile } from "../api/objects.ts";

/** How soon they must end to be low: so long before an account is warned first. */
const LOW_S = 72 * 3600;

export type Funds =
  | { readonly state: "none" }
  | { readonly state: "good" }
  | { readonly state: "low"; readonly until: number; readonly leftSeconds: number }
  | { readonly state: "ended" };

/** Whether the cloud has prices: else it knows no money. */
export const hasMoney = (profile: Profile | null | undefined): boolean => profile?.currency !== undefined;

export function fundsOf(profile: Profile, nowS: number): Funds {
  if (!hasMoney(profile)) return { state: "none" };
  const until = profile["funds:until"] === undefined ? null : numberOf(profile["funds:until"]);
  // Within a credit line a balance below zero is no matter.
  if (numberOf(profile.balance) + numberOf(profile.credit) < 0) return { state: "ended" };
  if (until === null) return { state: "good" };
  if (until <= nowS) return { state: "ended" };
  const leftSeconds = until - nowS;
  return leftSeconds <= LOW_S ? { state: "low", until, leftSeconds } : { state: "good" };
}
