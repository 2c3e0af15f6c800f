/** What the API tells admins alone. */
import type { Server } from "../api/objects.ts";

/** Any key that is not named. */
type Others = Readonly<Record<string, Server[string]>>;

export type CloudInfo = Others & { readonly version: string; readonly needs: number };

export type Need = Others & { readonly matter: string; readonly says: string };

export type Trouble = Others & { readonly says: string };

export type Host = Others & { readonly host: string; readonly state: string };

export type Check = Others & {
  readonly check: string;
  readonly verdict: "good" | "lacking" | "unknown";
  readonly says: string;
};

export type Pool = Others & { readonly network: string; readonly gateway: string };

export type PriceList = Others & { readonly currency: string; readonly from: number };

export type Webhook = Others & { readonly webhook: string; readonly url: string };

export type Delivery = Others & { readonly delivery: number; readonly event: string; readonly state: string };
