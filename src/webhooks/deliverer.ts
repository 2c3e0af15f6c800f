/**
 * The deliverer sends what waits in the outbox: of each account and hook one after another, in their order, until the hook
 * takes it; several accounts of a hook at once, and each hook by itself, so that one that is slow keeps no other. What was
 * sent and not recorded when a daemon died is sent again.
 */
import { outsideChange } from "../audit/event.ts";
import { coalesce } from "../base/coalesce.ts";
import { HOUR_MS } from "../base/durations.ts";
import { sentenceOf } from "../base/errors.ts";
import type { Keyring } from "../base/keyring.ts";
import type { Store, Tx } from "../store/store.ts";
import { VERSION } from "../version.ts";
import { type Delivery, dropQueue, dueUsers, firstWaiting, recordOutcome } from "./deliveries.ts";
import { signatureOf, type Told, toldIn } from "./message.ts";
import { followHooks } from "./outbox.ts";
import { isTaken, type Outcome, post } from "./post.ts";
import { pruneDeliveries } from "./prune.ts";

/** How often it is looked for what is due. */
const LOOK_MS = 1_000;
const PRUNE_MS = HOUR_MS;
/** How many accounts' events one hook is told at once. */
const AT_ONCE = 4;

export type DelivererOptions = {
  readonly store: Store;
  readonly keyring: Keyring;
  /** Told what cannot be done in the background, and of what hooks did not take for days. */
  readonly onTrouble: (error: unknown) => void;
  /** Does what follows from an event that was delivered, in the transaction that records that. */
  readonly onDelivered: (tx: Tx, delivered: { readonly event: string; readonly data: Told }) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
};

type Hook = { readonly uuid: string; readonly url: string; readonly wrapped_secret: string | null };

export class Deliverer {
  readonly #options: Required<DelivererOptions>;
  readonly #hooks: () => Promise<readonly Hook[]>;
  readonly #closing = new AbortController();
  /** What is being sent, by its hook and account. */
  readonly #lanes = new Map<string, { readonly webhook: string; readonly done: Promise<void> }>();
  readonly #look = coalesce(() => this.#sendDue());
  #timers: readonly NodeJS.Timeout[] = [];
  #endFollowing = () => {};

  constructor(options: DelivererOptions) {
    this.#options = { now: Date.now, ...options };
    const query = options.store.query<{ any: string }, Hook>((db, param) =>
      db.selectFrom("webhooks").select(["uuid", "url", "wrapped_secret"]).where("uuid", "!=", param("any")),
    );
    this.#hooks = async () => query({ any: "" });
  }

  /** Begins to look for what is due. */
  start(): void {
    const { store, onTrouble, now } = this.#options;
    this.#endFollowing = followHooks(store, onTrouble);
    const prune = () => void pruneDeliveries(store, now()).catch(onTrouble);
    this.#timers = [
      setInterval(() => void this.look(), LOOK_MS).unref(),
      setInterval(prune, PRUNE_MS).unref(),
    ];
    void this.look();
  }

  /** Looks for what is due, and begins to send it. */
  async look(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    await this.#look().catch(this.#options.onTrouble);
  }

  /** Settles when nothing is being sent, nor is anything due. */
  async idle(): Promise<void> {
    for (await this.look(); this.#lanes.size > 0; await this.look())
      await Promise.all([...this.#lanes.values()].map(({ done }) => done));
  }

  /** Ends at once, whatever hooks are slow: what is being sent is sent again by whoever comes next. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#endFollowing();
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all([...this.#lanes.values()].map(({ done }) => done));
  }

  /** Sends something that is in no queue; what came of it is the caller's. Errors: none. */
  async sendNow(hook: Hook, message: string, event: string, body: string): Promise<Outcome> {
    const { keyring, now } = this.#options;
    let secret: string;
    try {
      secret = keyring.unwrap(hook.uuid, hook.wrapped_secret ?? "");
    } catch (error) {
      return { status: null, error: `its secret does not open: ${sentenceOf(error)}` };
    }
    const headers = {
      "Content-Type": "application/json",
      "User-Agent": `Lodge/${VERSION}`,
      "Lodge-Event": event,
      "Lodge-Message": message,
      "Lodge-Signature": signatureOf(secret, Math.floor(now() / 1000), body),
    };
    return post({ url: hook.url, headers, body }, this.#closing.signal);
  }

  async #sendDue(): Promise<void> {
    const { store, now } = this.#options;
    for (const hook of await this.#hooks()) {
      const busy = [...this.#lanes.values()].filter(({ webhook }) => webhook === hook.uuid).length;
      if (busy >= AT_ONCE || this.#closing.signal.aborted) continue;
      const users = await dueUsers(store, hook.uuid, now(), AT_ONCE + busy);
      const free = users.filter((user) => !this.#lanes.has(laneOf(hook.uuid, user)));
      for (const user of free.slice(0, AT_ONCE - busy)) this.#begin(hook, user);
    }
  }

  #begin(hook: Hook, user: string): void {
    const lane = laneOf(hook.uuid, user);
    const { onTrouble } = this.#options;
    const done = outsideChange(() => this.#sendFirst(hook, user)).then(
      () => {
        this.#lanes.delete(lane);
        void this.look();
      },
      (error: unknown) => {
        // Where the store takes nothing, the next look is soon enough.
        this.#lanes.delete(lane);
        onTrouble(error);
      },
    );
    this.#lanes.set(lane, { webhook: hook.uuid, done });
  }

  async #sendFirst(hook: Hook, user: string): Promise<void> {
    const { store, onTrouble } = this.#options;
    const delivery = await store.snapshot((tx) => firstWaiting(tx, hook.uuid, user));
    if (delivery === null) return store.transaction((tx) => dropQueue(tx, hook.uuid, user));
    const outcome = await this.sendNow(hook, delivery.message, delivery.event, delivery.body);
    if (this.#closing.signal.aborted && !isTaken(outcome.status)) return;
    const givenUp = await store.transaction((tx) => this.#record(tx, delivery, outcome));
    if (givenUp > 0)
      onTrouble(
        new Error(`webhook ${hook.uuid} did not take ${givenUp} events in three days: they are given up`),
      );
  }

  async #record(tx: Tx, delivery: Delivery, outcome: Outcome): Promise<number> {
    const { now, onDelivered } = this.#options;
    const { event, body } = delivery;
    if (isTaken(outcome.status)) await onDelivered(tx, { event, data: toldIn(body) });
    return recordOutcome(tx, delivery, outcome, now());
  }
}

const laneOf = (webhook: string, user: string) => `${webhook} ${user}`;
