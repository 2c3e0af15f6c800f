/** What a ticket lets its bearer look at over a WebSocket, as those see it who carry the bytes. */
import type { Duplex } from "node:stream";

export type ViewKind = "screen" | "serial";

export type Viewing = {
  /** What was said before, which is sent first, in a message of its own even where it is nothing; absent: there is no such message. */
  readonly before?: Buffer;
  /** What the server sends, and what is sent to it. */
  readonly bytes: Duplex;
  /** Aborted once whoever looks may no more. */
  readonly withdrawn: AbortSignal;
  /** To be called once nobody looks any more, whatever the reason. */
  end(): void;
};

export type Viewings = {
  /**
   * Uses the ticket up.
   *
   * @param kind what they ask to look at: a ticket for the other is none
   * @param address where it came from
   *
   * Errors: `auth`, there is no such ticket, or it is over; `missing`, `busy`, `failed`.
   */
  open(kind: ViewKind, ticket: string, address: string): Promise<Viewing>;
};
