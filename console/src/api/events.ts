/** An event, as the API answers it. */
export type Event = {
  readonly event: number;
  readonly time: number;
  readonly user: string;
  readonly actor: string;
  /** The key and the place are told to whoever did it alone, and to an admin. */
  readonly key?: string;
  readonly address?: string;
  readonly command: string;
  readonly object?: string;
  readonly outcome: string;
};

/** How many one answer has at most; one that has fewer is the first that there are, or the last. */
export const EVENTS_PAGE = 1_000;
