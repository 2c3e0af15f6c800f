/** What the API tells admins alone. */
import type { Server } from "../api/objects.ts";

/** Any key that is not named. */
type Others = Readonly<Record<string, Server[string]>>;

export type Event = Others & {
  readonly event: number;
  readonly time: number;
  readonly user: string;
  readonly actor: string;
  readonly command: string;
  readonly outcome: string;
  readonly object?: string;
  readonly address?: string;
};
