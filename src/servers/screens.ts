/**
 * Who looks at which server's screen, or its serial port: by a ticket, for as long as they may. That somebody looks, and that they
 * do no more, is in the audit trail.
 */
import type { Caller } from "../api/command.ts";
import { type LetIn, whenWithdrawn } from "../api/let-in.ts";
import type { Viewing, Viewings, ViewKind } from "../api/viewing.ts";
import { recordEvent } from "../audit/event.ts";
import { auth, busy, failed } from "../base/errors.ts";
import { isUndecided } from "../host/errors.ts";
import type { Hosts } from "../hosts/hosts.ts";
import type { Store } from "../store/store.ts";
import type { ServerRecords } from "./records.ts";
import { type Ticket, Tickets } from "./tickets.ts";

/** How many may look at one server's screen at once, and how many at its serial port. */
const MOST_VIEWERS = 8;
/** How often it is asked again whether they may, besides at each change of their account. */
const ASK_EVERY_MS = 30_000;

/** What the trail says of it: a command that has begun, and is done. */
const COMMANDS = { screen: "screen/TICKET", serial: "serial/TICKET" } as const;

const NAMES = { screen: "screen", serial: "serial port" } as const;

/** What is looked at. */
type View = Pick<Viewing, "before" | "bytes">;

export type ScreenDependencies = {
  readonly store: Store;
  readonly hosts: Hosts;
  readonly records: ServerRecords;
  /** What is asked about those who look. */
  readonly lookers: LetIn;
  /** Told of what could not be recorded, or asked. */
  readonly onTrouble: (error: unknown) => void;
};

type Viewed = Pick<Ticket, "kind" | "server">;

const placeOf = ({ kind, server }: Viewed) => `${kind} ${server}`;

export class Screens implements Viewings {
  readonly tickets = new Tickets();
  readonly #dependencies: ScreenDependencies;
  /** How many look at each screen and serial port. */
  readonly #viewers = new Map<string, number>();

  constructor(dependencies: ScreenDependencies) {
    this.#dependencies = dependencies;
  }

  async open(kind: ViewKind, secret: string, address: string): Promise<Viewing> {
    const ticket = this.tickets.take(kind, secret);
    if (ticket === null) throw auth("credentials_wrong", "the ticket was used, or is over: ask for another");
    const leave = this.#enter(ticket);
    try {
      await this.#ensureLetIn(ticket.caller);
      const view = await this.#connect(ticket);
      try {
        await this.#record(ticket, address, "begun");
      } catch (error) {
        view.bytes.destroy();
        throw error;
      }
      return this.#watched(ticket, view, () => {
        leave();
        this.#record(ticket, address, "done").catch(this.#dependencies.onTrouble);
      });
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Errors: `busy`, as many look at it as may. */
  ensureRoom({ kind, server }: Viewed): void {
    if (this.#viewersOf(placeOf({ kind, server })) < MOST_VIEWERS) return;
    throw busy(
      "too_many_viewers",
      `${MOST_VIEWERS} look at the ${NAMES[kind]} of server ${server}, and no more may: one has to leave`,
    );
  }

  #viewersOf(place: string): number {
    return this.#viewers.get(place) ?? 0;
  }

  /** Counts one who looks at it, until what this answers is called. Errors: as `ensureRoom`. */
  #enter(viewed: Viewed): () => void {
    this.ensureRoom(viewed);
    const place = placeOf(viewed);
    this.#viewers.set(place, this.#viewersOf(place) + 1);
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      const left = (this.#viewers.get(place) ?? 1) - 1;
      if (left === 0) this.#viewers.delete(place);
      else this.#viewers.set(place, left);
    };
  }

  async #ensureLetIn(caller: Caller): Promise<void> {
    if (await this.#dependencies.lookers.isLetIn(caller)) return;
    throw auth("credentials_wrong", "who asked for the ticket is let in no more");
  }

  /** Errors: `missing`, it is not theirs, or has no screen since it is stopped; the host's. */
  async #connect({ kind, caller, server }: Ticket): Promise<View> {
    const { records, hosts } = this.#dependencies;
    const { host } = await records.own(server, caller.user);
    const { servers } = hosts.get(host);
    try {
      if (kind === "screen") return { bytes: await servers.screen(server) };
      const { history, bytes } = await servers.serial(server);
      return { before: history, bytes };
    } catch (error) {
      if (!isUndecided(error)) throw error;
      throw failed("server_not_answering", `the ${NAMES[kind]} of server ${server} does not answer`, {
        cause: error,
      });
    }
  }

  #watched({ caller }: Ticket, { bytes, ...rest }: View, over: () => void): Viewing {
    const { lookers, onTrouble } = this.#dependencies;
    const withdrawal = new AbortController();
    const asking = { withdraw: () => withdrawal.abort(), onTrouble, everyMs: ASK_EVERY_MS };
    const endAsking = whenWithdrawn(lookers, caller, asking);
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      endAsking();
      bytes.destroy();
      over();
    };
    return { ...rest, bytes, withdrawn: withdrawal.signal, end };
  }

  async #record({ kind, caller, server }: Ticket, address: string, outcome: "begun" | "done"): Promise<void> {
    const { user, login } = caller;
    const who = { user, actor: login.user, key: login.key, address };
    const asked = { ...who, command: COMMANDS[kind], object: server };
    await this.#dependencies.store.transaction((tx) => recordEvent(tx, asked, outcome), {
      grows: outcome === "begun",
    });
  }
}
