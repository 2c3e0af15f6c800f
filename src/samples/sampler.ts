/**
 * Sampling: once a minute what servers have counted is read of their hosts, and what they used since the minute before is
 * added to what is kept of them. It is held in memory for some minutes, and stored of a part of the servers each minute, a
 * few in a transaction: so no server costs a transaction, and none waits for a long one. What a daemon that is killed had not
 * stored is lost, five minutes at most.
 */
import { setTimeout as delay, setImmediate as turnOfLoop } from "node:timers/promises";
import type { Clock } from "../base/clock.ts";
import { within } from "../base/deadline.ts";
import { Periodic } from "../base/periodic.ts";
import { ReadWriteLock } from "../base/read-write-lock.ts";
import { CommitUnknown } from "../base/store-errors.ts";
import type { Host } from "../host/host.ts";
import type { Hosts } from "../hosts/hosts.ts";
import type { Store } from "../store/store.ts";
import { type Reading, readingOf, usedSince } from "./readings.ts";
import { addSamples, type SamplesOfAll, samplesBetween } from "./records.ts";
import { rollUp } from "./roll-up.ts";
import { addTo, type Sample, type Samples, spread } from "./sample.ts";
import { MINUTES, type Told } from "./steps.ts";

const EVERY_MS = 60_000;
/** How long a host may take to tell what its servers have counted. */
const READ_MS = 20_000;
/** A longer while than this between two readings is a gap. */
const MOST_S = 300;
/** Each server's samples are stored in one of so many minutes. */
const TURNS = 5;
/** How many servers' are stored in one transaction, and the pause between two, in which others work. */
const STORED_AT_ONCE = 10;
const PAUSE_MS = 20;
/** Of how many servers readings are worked on until others have their turn. */
const READ_AT_ONCE = 50;
/** How much of a server is held that cannot be stored, in samples; then the oldest go. */
const MOST_PENDING = 60;
/** How often samples are rolled up, in minutes. */
const ROLL_UP_EVERY = 60;

export type SamplerOptions = {
  readonly store: Store;
  readonly hosts: Hosts;
  readonly clock: Clock;
  readonly onTrouble: (error: unknown) => void;
};

/** What a host told in the last rounds. */
type Known = { readonly at: number; readonly readings: ReadonlyMap<string, Reading> };

export class Sampler {
  readonly #options: SamplerOptions;
  readonly #periodic: Periodic;
  readonly #known = new Map<string, Known>();
  /** By the minute, of each server; not stored yet. */
  readonly #pending = new Map<string, Map<number, Sample>>();
  /** Whoever reads shares it; whoever stores has it alone: so nothing is both stored and pending to whoever reads. */
  readonly #storing = new ReadWriteLock();
  #rounds = 0;
  #isFailing = false;

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#periodic = new Periodic((goesOn) => this.#round(goesOn), {
      everyMs: EVERY_MS,
      onTrouble: options.onTrouble,
    });
  }

  start(): void {
    this.#periodic.start();
  }

  /** Reads once more, and stores all. */
  async close(): Promise<void> {
    await this.#periodic.close();
  }

  /** What is known of a server in a range, by its step. Errors: the store's. */
  between(server: string, told: Told): Promise<Samples> {
    return this.#storing.share(() => {
      const pending = new Map(this.#pending.get(server) ?? []);
      return this.#options.store.snapshot((tx) => samplesBetween(tx, server, told, pending));
    });
  }

  /** Does what is done once a minute; for tests, which say when. */
  round(): Promise<void> {
    return this.#periodic.look();
  }

  async #round(goesOn: () => boolean): Promise<void> {
    const turn = this.#rounds++;
    for (const [name, host] of this.#options.hosts) {
      await this.#readHost(name, host).catch(this.#options.onTrouble);
    }
    const isLast = !goesOn();
    const due = [...this.#pending.keys()].filter((server) => isLast || turnOf(server) === turn % TURNS);
    await this.#storeAll(due, goesOn);
    if (turn % ROLL_UP_EVERY !== 0 || !goesOn()) return;
    const { store, clock } = this.#options;
    const pause = () => delay(PAUSE_MS).then(goesOn);
    await rollUp(store, clock.now(), pause).catch((error: unknown) => this.#sayOnce(error));
  }

  async #readHost(name: string, host: Host): Promise<void> {
    const { clock } = this.#options;
    const what = `what the servers of host ${name} use`;
    const [uses, { coreMhz }] = await within(READ_MS, what, Promise.all([host.servers.uses(), host.facts()]));
    const now = clock.now();
    const before = this.#known.get(name);
    const readings = new Map(
      [...(before?.readings ?? [])].filter(([, { at }]) => at <= now && now - at <= MOST_S),
    );
    let done = 0;
    for (const [server, use] of uses) {
      if (++done % READ_AT_ONCE === 0) await turnOfLoop();
      const reading = readingOf(use, now);
      const used = usedSince({
        ...{ use, now: reading, last: readings.get(server) ?? null },
        ...{ lastRoundAt: before?.at ?? null, coreMhz, mostS: MOST_S },
      });
      if (used !== null) this.#add(server, spread(used.sample, used.from, used.to, MINUTES.stepS));
      readings.set(server, reading);
    }
    this.#known.set(name, { at: now, readings });
  }

  #add(server: string, samples: Samples): void {
    const pending = this.#pending.get(server) ?? new Map<number, Sample>();
    this.#pending.set(server, pending);
    addTo(pending, samples);
    for (const time of pending.keys()) {
      if (pending.size <= MOST_PENDING) break;
      pending.delete(time);
    }
  }

  /** @param goesOn without pauses once it does not */
  async #storeAll(servers: readonly string[], goesOn: () => boolean): Promise<void> {
    for (let at = 0; at < servers.length; at += STORED_AT_ONCE) {
      if (at > 0 && goesOn()) await delay(PAUSE_MS);
      try {
        await this.#storing.alone(() => this.#store(servers.slice(at, at + STORED_AT_ONCE)));
        this.#isFailing = false;
      } catch (error) {
        return this.#sayOnce(error);
      }
    }
  }

  /** What could not be stored is held on to; that is said once, until something is stored. */
  #sayOnce(error: unknown): void {
    if (!this.#isFailing) this.#options.onTrouble(error);
    this.#isFailing = true;
  }

  /** Errors: the store's; what it may have stored all the same is held no longer, so that nothing counts twice. */
  async #store(servers: readonly string[]): Promise<void> {
    const { store, clock } = this.#options;
    const samples: SamplesOfAll = new Map(
      servers.map((server) => [server, this.#pending.get(server) ?? new Map()]),
    );
    const forget = () => {
      for (const server of servers) this.#pending.delete(server);
    };
    try {
      await store.transaction((tx) => addSamples(tx, samples, clock.now()), { grows: true, durable: false });
    } catch (error) {
      if (error instanceof CommitUnknown) forget();
      throw error;
    }
    forget();
  }
}

/** In which of the minutes a server's samples are stored: as many in each. */
const turnOf = (server: string) => Number.parseInt(server.slice(0, 8), 16) % TURNS;
