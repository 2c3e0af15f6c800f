/** What a ticket lets its bearer look at over a WebSocket, as those see it who carry the bytes. */
import type { Duplex } from "node:stream";

export type Viewing = {
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
   * @param address where it came from
   *
   * Errors: `auth`, there is no such ticket, or it is over; `missing`, `busy`, `failed`.
   */
  open(ticket: string, address: string): Promise<Viewing>;
};
