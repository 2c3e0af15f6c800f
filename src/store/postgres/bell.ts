/**
 * Rings between processes, by NOTIFY (PostgreSQL's manual, NOTIFY). They are sent on a session of their own after the
 * commit: a NOTIFY within a transaction makes commits wait for each other. What rings while a message is under way
 * goes with the next one. The session is opened at the first use and again, with back-off, whenever it is lost; then all
 * listeners are called, since something may have been missed.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { backoff } from "../../base/backoff.ts";
import type { Listeners } from "../listeners.ts";
import type { Connector } from "./connector.ts";
import type { Session } from "./session.ts";

const CHANNEL = "lodge";
const STATEMENT_TIMEOUT_MS = 5_000;
const HEARTBEAT_MS = 5_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

export class Bell {
  readonly #connector: Connector;
  readonly #listeners: Listeners;
  /** Marks this process's own rings, which it passes over when they come back. */
  readonly #id = randomUUID().slice(0, 8);
  readonly #closing = new AbortController();
  /** Topics that are to be sent. */
  #pending = new Set<string>();
  #session: Session | null = null;
  #running: Promise<void> | null = null;
  #sending = false;

  constructor(connector: Connector, listeners: Listeners) {
    this.#connector = connector;
    this.#listeners = listeners;
  }

  /** Connects, if that is not done; the first that listens hears of others from then on. */
  open(): void {
    this.#running ??= this.#run();
  }

  /** Rings in other processes. */
  ring(topic: string): void {
    if (this.#closing.signal.aborted) return;
    this.#pending.add(topic);
    this.open();
    void this.#send();
  }

  /** Ends it when what is under way is sent, or cannot be. */
  async close(): Promise<void> {
    if (this.#running !== null) await this.#send();
    this.#closing.abort();
    await this.#session?.end();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let attempts = 1; !signal.aborted; ) {
      const reached = await this.#listen();
      if (signal.aborted) return;
      attempts = reached ? 1 : attempts + 1;
      const pauseMs = backoff(attempts, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
      // The pause ends early when the bell is closed.
      await delay(pauseMs * (0.5 + Math.random() / 2), undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** Listens for as long as the session lasts. Answers whether there was one. */
  async #listen(): Promise<boolean> {
    let session: Session | null = null;
    try {
      session = await this.#connector.open({
        statementTimeoutMs: STATEMENT_TIMEOUT_MS,
        heartbeatMs: HEARTBEAT_MS,
        onNotify: (payload) => this.#heard(payload),
      });
      await session.query(`listen ${CHANNEL}`);
    } catch {
      // It is tried again; whoever needs the database for more than rings gets the error.
      await session?.end();
      return false;
    }
    this.#session = session;
    if (this.#closing.signal.aborted) await session.end();
    this.#listeners.tellAll();
    void this.#send();
    await session.lost;
    this.#session = null;
    return true;
  }

  #heard(payload: string): void {
    const [id, topic = ""] = payload.split(" ");
    if (id !== this.#id) this.#listeners.notify(topic);
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (this.#session?.isOpen && this.#pending.size > 0) {
        const topics = [...this.#pending].join(" ");
        this.#pending.clear();
        await this.#session.query(
          `select pg_notify('${CHANNEL}', $1::text || ' ' || topic)
          from unnest(string_to_array($2::text, ' ')) as topic`,
          [this.#id, topics],
        );
      }
    } catch {
      // Lost rings make listeners late; the next session calls them all.
    } finally {
      this.#sending = false;
    }
  }
}
