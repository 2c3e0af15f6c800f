/** Tickets: each lets its bearer look at one server, once, within seconds. They are in memory alone. */
import { randomBytes } from "node:crypto";
import type { Caller } from "../api/command.ts";
import type { ViewKind } from "../api/viewing.ts";

/** For a page that opens a connection at once. */
const TICKET_MS = 30_000;
/** How many a user has that were not used; the oldest makes way. */
const MOST_OF_USER = 16;

/** To whom a ticket was given, and what for. */
export type Ticket = { readonly caller: Caller; readonly server: string; readonly kind: ViewKind };

type Given = Ticket & { readonly untilMs: number };

export class Tickets {
  readonly #given = new Map<string, Given>();
  readonly #nowMs: () => number;

  /** @param nowMs milliseconds since the epoch */
  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  /** Answers its secret, and when it is over, in milliseconds since the epoch. */
  give(ticket: Ticket): { readonly secret: string; readonly untilMs: number } {
    const secret = randomBytes(32).toString("base64url");
    const untilMs = this.#nowMs() + TICKET_MS;
    this.#forgetSome(ticket.caller.login.user);
    this.#given.set(secret, { ...ticket, untilMs });
    return { secret, untilMs };
  }

  /** What the secret is a ticket for, from now on for nobody any more; null where it is none of that kind, or over. */
  take(kind: ViewKind, secret: string): Ticket | null {
    const given = this.#given.get(secret);
    this.#given.delete(secret);
    if (given?.kind !== kind) return null;
    return this.#nowMs() < given.untilMs ? given : null;
  }

  /** Those that are over, and of the user the oldest beyond what they may have. */
  #forgetSome(user: string): void {
    const own: string[] = [];
    for (const [secret, { untilMs, caller }] of this.#given) {
      if (untilMs <= this.#nowMs()) this.#given.delete(secret);
      else if (caller.login.user === user) own.push(secret);
    }
    for (const secret of own.slice(0, Math.max(0, own.length - MOST_OF_USER + 1))) this.#given.delete(secret);
  }
}
