/**
 * The whole control plane in virtual time, from one seed: callers, daemons and their store, a host, and all that goes
 * wrong between them. A step is one thing that happens: a command, a message that arrives, a transaction, a timer, a fault.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createUser } from "../../src/accounts/users.ts";
import { LodgeError } from "../../src/base/errors.ts";
import type { UserId } from "../../src/base/ids.ts";
import { DISK_RESERVE_BYTES } from "../../src/placement/drives.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import type { Store } from "../../src/store/store.ts";
import { seeded } from "../seeded.ts";
import { Guests } from "../simulated/guests.ts";
import { emptyMachine } from "../simulated/machine.ts";
import { Agenda } from "./agenda.ts";
import { Callers } from "./callers.ts";
import { Misfortunes } from "./misfortunes.ts";
import { Promises } from "./promises.ts";
import { type AllRecords, RecordReader } from "./records.ts";
import { assertAlways, assertLeasesHold, assertQuiet } from "./rules.ts";
import { Side } from "./side.ts";
import { beginVirtual, everythingWaits } from "./virtual.ts";
import { Weather } from "./weather.ts";

/** What the host's disk has: less for drives than callers ask for. */
const DISK_BYTES = DISK_RESERVE_BYTES + 40 * 1024;
/** Where commits need no disk, which none of this is about. */
const MEMORY = "/dev/shm";
const CALLERS = 8;
const USERS = ["ann", "bob", "eve"];
/** How many steps a storm lasts about, until all is quiet once. */
const STORM_STEPS = 3_000;
/** How long it takes at most, when nothing goes wrong any more, until nothing is under way. */
const MOST_QUIET_MS = 15 * 60_000;
/** After that a daemon looks at everything once more. */
const LOOK_MS = 70_000;

export type SimulationOptions = { readonly seed: number; readonly steps: number };

/** What came of it. */
export type Outcome = {
  readonly steps: number;
  /** How much time went by in it, in milliseconds. */
  readonly virtualMs: number;
  /** What tells the course of this one from others. */
  readonly hash: string;
  /** How often all was quiet, and everything held. */
  readonly quiets: number;
};

/** What did not hold, and when. */
export class Violation extends Error {
  readonly step: number;
  readonly past: readonly string[];

  constructor(step: number, past: readonly string[], cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "Violation";
    this.step = step;
    this.past = past;
  }
}

export class Simulation {
  readonly #options: SimulationOptions;
  readonly #agenda = new Agenda();
  readonly #weather: Weather;
  readonly #machine = emptyMachine(DISK_BYTES);
  readonly #guests = new Guests(this.#machine);
  readonly #promises = new Promises(this.#machine);
  readonly #violations: unknown[] = [];
  readonly #late = new Set<object>();
  #sides: readonly Side[] = [];
  #stores: Store[] = [];
  #reader: RecordReader | null = null;
  #records: AllRecords | null = null;
  /** The records that the rules were held against last. */
  #held: AllRecords | null = null;
  /** Whether anything may have changed since the rules were held against it. */
  #isTouched = false;
  #quiets = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#weather = new Weather(seeded(options.seed));
  }

  /** Takes this process's time and chance. Errors: Violation. */
  async run(): Promise<Outcome> {
    const { seed, steps } = this.#options;
    beginVirtual(this.#agenda, seeded(seed ^ 0x5eed));
    const dir = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "lodge-simulation-"));
    try {
      await this.#open(dir);
      while (this.#agenda.steps < steps) await this.#storm(Math.min(steps, this.#agenda.steps + STORM_STEPS));
      const { steps: done, nowMs: virtualMs, hash } = this.#agenda;
      return { steps: done, virtualMs, hash, quiets: this.#quiets };
    } finally {
      this.#reader?.close();
      await rm(dir, { recursive: true });
    }
  }

  async #open(dir: string): Promise<void> {
    const { seed } = this.#options;
    const file = join(dir, "lodge.db");
    const alone = seed % 3 === 0;
    const names = alone ? ["a"] : ["a", "b"];
    for (const _ of names) {
      this.#stores.push(await this.#through(openSqliteStore({ file, lockFile: join(dir, "lodge.lock") })));
    }
    this.#reader = new RecordReader(file);
    const [first] = this.#stores as [Store];
    const users: UserId[] = [];
    for (const name of USERS) users.push((await this.#through(createUser(first, name))).uuid);
    const [agenda, weather, machine, late] = [this.#agenda, this.#weather, this.#machine, this.#late];
    const onViolation = (error: unknown) => this.#violations.push(error);
    this.#sides = names.map((name, index) => {
      const store = this.#stores[index] as Store;
      return new Side({
        ...{ name, agenda, weather, machine, store, alone, late, onViolation },
        onRing: (topic) => this.#ring(topic),
        onCommit: () => this.#touch(),
        onTrouble: (error) => this.#troubled(error),
      });
    });
    for (const side of this.#sides) side.start(0);
    const records = () => this.#current();
    const shared = { agenda, weather, machine, sides: this.#sides, promises: this.#promises, records };
    const callers = new Callers({ ...shared, users, onViolation });
    this.#callers = callers;
    this.#misfortunes = new Misfortunes({ ...shared, guests: this.#guests, onChange: () => this.#touch() });
  }

  #callers: Callers | null = null;
  #misfortunes: Misfortunes | null = null;

  /** Everything goes wrong until that step; then all is to come to rest. */
  async #storm(until: number): Promise<void> {
    this.#misfortunes?.begin();
    this.#callers?.begin(CALLERS);
    while (this.#agenda.steps < until) await this.#step();
    this.#callers?.quiet();
    this.#misfortunes?.end();
    await this.#rest();
  }

  async #rest(): Promise<void> {
    await this.#still();
    const looked = this.#agenda.nowMs + LOOK_MS;
    while (this.#agenda.nowMs < looked) await this.#step();
    await this.#still();
    const records = this.#current();
    await this.#hold(async () => {
      assertQuiet(records, this.#reader?.keys() ?? [], this.#machine);
      this.#guests.assertCounted(records.drives);
    });
    this.#quiets++;
  }

  /** Waits until nothing is under way. Errors: Violation, when that takes too long. */
  async #still(): Promise<void> {
    const end = this.#agenda.nowMs + MOST_QUIET_MS;
    while (!this.#isStill()) {
      await this.#step();
      if (this.#agenda.nowMs > end) this.#fail(new Error(`there is no rest: ${this.#unrest()}`));
    }
  }

  /** Whether nothing is under way. */
  #isStill(): boolean {
    const isUp = this.#sides.every((side) => side.isUp);
    return (
      isUp &&
      this.#late.size === 0 &&
      this.#callers?.underWay === 0 &&
      this.#current().operations.length === 0
    );
  }

  #unrest(): string {
    const operations = JSON.stringify(this.#current().operations);
    const up = this.#sides.map(({ name, isUp }) => `${name} is ${isUp ? "up" : "down"}`).join(", ");
    return `${this.#callers?.underWay} commands under way, ${this.#late.size} calls late, ${up}, operations ${operations}`;
  }

  async #step(): Promise<void> {
    const what = this.#agenda.next();
    await everythingWaits();
    if (process.env.LODGE_SIMULATION_TRACE) process.stderr.write(`${what}\n`);
    if (this.#violations.length > 0) this.#fail(this.#violations[0]);
    if (!this.#isTouched && !what.includes(" on ") && !what.includes(" gets there")) return;
    await this.#hold(async () => {
      const records = this.#current();
      assertAlways(records, this.#machine);
      if (this.#misfortunes?.isMild) assertLeasesHold(this.#held, records);
      this.#held = records;
      this.#promises.assertKept(records);
    });
    this.#isTouched = false;
  }

  async #hold(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): never {
    throw new Violation(this.#agenda.steps, this.#agenda.past, error);
  }

  #touch(): void {
    this.#isTouched = true;
    this.#records = null;
  }

  #current(): AllRecords {
    this.#records ??= this.#reader?.read() ?? assert.fail("the store is not open");
    return this.#records;
  }

  #ring(topic: string): void {
    const weather = this.#weather;
    for (const store of this.#stores) {
      if (weather.happens(weather.storeFaults)) continue;
      this.#agenda.enter("a ring", weather.chance() * 20, null, () => store.ring(topic));
    }
  }

  #troubled(error: unknown): void {
    const errors = error instanceof AggregateError ? error.errors : [error];
    for (const each of errors) {
      const isPassing = each instanceof LodgeError || (each instanceof Error && PASSING.has(each.name));
      if (!isPassing) this.#violations.push(each);
    }
  }

  /** What the work answers, which waits for nothing but virtual time. */
  async #through<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => {});
    await everythingWaits();
    while (!isDone) {
      this.#agenda.next();
      await everythingWaits();
    }
    return done;
  }
}

/** What daemons tell of and try again. */
const PASSING = new Set([
  ...["Unreachable", "DeadlineExceeded", "Outdated", "Overtaken"],
  ...["StoreFull", "StoreUnavailable", "CommitUnknown"],
]);
