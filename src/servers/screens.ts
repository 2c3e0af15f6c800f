/**
 * Who looks at which server's screen: by a ticket, for as long as they may. That somebody looks, and that they do no more, is
 * in the audit trail.
 */
import type { Duplex } from "node:stream";
import type { Caller } from "../api/command.ts";
import type { Viewing, Viewings } from "../api/viewing.ts";
import { recordEvent } from "../audit/event.ts";
import { auth, busy, failed } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import { isUndecided } from "../host/errors.ts";
import type { Hosts } from "../hosts/hosts.ts";
import type { Store } from "../store/store.ts";
import type { ServerRecords } from "./records.ts";
import { type Ticket, Tickets } from "./tickets.ts";

/** How many may look at one server at once. */
const MOST_VIEWERS = 8;
/** How often it is asked again whether they may, besides at each change of their account. */
const ASK_EVERY_MS = 30_000;

/** What the trail says of it: a command that has begun, and is done. */
const COMMAND = "screen/TICKET";

/** What is asked about those who look. */
export type Lookers = {
  /** Whether the caller is still let in, with what they came with. */
  isLetIn(caller: Caller): Promise<boolean>;
  /** Calls `listener` when that may be so no more, until the function that this returns is called. */
  onChange(user: UserId, listener: () => void): () => void;
};

export type ScreenDependencies = {
  readonly store: Store;
  readonly hosts: Hosts;
  readonly records: ServerRecords;
  readonly lookers: Lookers;
  /** Told of what could not be recorded, or asked. */
  readonly onTrouble: (error: unknown) => void;
};

export class Screens implements Viewings {
  readonly tickets = new Tickets();
  readonly #dependencies: ScreenDependencies;
  /** How many look at each server. */
  readonly #viewers = new Map<string, number>();

  constructor(dependencies: ScreenDependencies) {
    this.#dependencies = dependencies;
  }

  async open(secret: string, address: string): Promise<Viewing> {
    const ticket = this.tickets.take(secret);
    if (ticket === null) throw auth("credentials_wrong", "the ticket was used, or is over: ask for another");
    const leave = this.#enter(ticket.server);
    try {
      await this.#ensureLetIn(ticket.caller);
      const bytes = await this.#connect(ticket);
      try {
        await this.#record(ticket, address, "begun");
      } catch (error) {
        bytes.destroy();
        throw error;
      }
      return this.#watched(ticket, bytes, () => {
        leave();
        this.#record(ticket, address, "done").catch(this.#dependencies.onTrouble);
      });
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Counts one who looks at the server, until what this answers is called. Errors: `busy`. */
  #enter(server: string): () => void {
    const count = this.#viewers.get(server) ?? 0;
    if (count >= MOST_VIEWERS)
      throw busy(
        "too_many_viewers",
        `${MOST_VIEWERS} look at server ${server}, and no more may: one has to leave`,
      );
    this.#viewers.set(server, count + 1);
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      const left = (this.#viewers.get(server) ?? 1) - 1;
      if (left === 0) this.#viewers.delete(server);
      else this.#viewers.set(server, left);
    };
  }

  async #ensureLetIn(caller: Caller): Promise<void> {
    if (await this.#dependencies.lookers.isLetIn(caller)) return;
    throw auth("credentials_wrong", "who asked for the ticket is let in no more");
  }

  /** Errors: `missing`, it is not theirs, or stopped; the host's. */
  async #connect({ caller, server }: Ticket): Promise<Duplex> {
    const { records, hosts } = this.#dependencies;
    const { host } = await records.own(server, caller.user);
    try {
      return await hosts.get(host).servers.screen(server);
    } catch (error) {
      if (!isUndecided(error)) throw error;
      throw failed("server_not_answering", `the screen of server ${server} does not answer`, {
        cause: error,
      });
    }
  }

  #watched({ caller }: Ticket, bytes: Duplex, over: () => void): Viewing {
    const { lookers, onTrouble } = this.#dependencies;
    const withdrawal = new AbortController();
    const ask = async () => {
      if (!(await lookers.isLetIn(caller))) withdrawal.abort();
    };
    const askAgain = () => void ask().catch(onTrouble);
    const timer = setInterval(askAgain, ASK_EVERY_MS).unref();
    const endListening = lookers.onChange(caller.login.user, askAgain);
    // What changed since they were asked for, before it was listened to.
    askAgain();
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      clearInterval(timer);
      endListening();
      bytes.destroy();
      over();
    };
    return { bytes, withdrawn: withdrawal.signal, end };
  }

  async #record({ caller, server }: Ticket, address: string, outcome: "begun" | "done"): Promise<void> {
    const { user, login } = caller;
    const asked = { user, actor: login.user, key: login.key, address, command: COMMAND, object: server };
    await this.#dependencies.store.transaction((tx) => recordEvent(tx, asked, outcome), {
      grows: outcome === "begun",
    });
  }
}
