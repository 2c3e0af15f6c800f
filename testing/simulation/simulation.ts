/**
 * The whole control plane in virtual time, from one seed: callers, daemons and their store, a host, and all that goes
 * wrong between them. A step is one thing that happens: a command, a message that arrives, a transaction, a timer, a fault.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { createUser } from "../../src/accounts/users.ts";
import { LodgeError } from "../../src/base/errors.ts";
import type { UserId } from "../../src/base/ids.ts";
import { DISK_RESERVE_BYTES } from "../../src/placement/drives.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import type { Store } from "../../src/store/store.ts";
import { seeded } from "../seeded.ts";
import { Guests } from "../simulated/guests.ts";
import { emptyMachine } from "../simulated/machine.ts";
import { assertInOrder } from "../use-agreement.ts";
import { Callers } from "./callers.ts";
import { FaultInjector } from "./fault-injector.ts";
import { noFaults } from "./faults.ts";
import { assertInvariants, assertLeasesHold, assertQuiescent } from "./invariants.ts";
import { Model } from "./model.ts";
import { Random } from "./random.ts";
import { type AllRecords, RecordReader } from "./records.ts";
import { Scheduler } from "./scheduler.ts";
import { SimulatedDaemon } from "./simulated-daemon.ts";
import { beginVirtual, everythingWaits } from "./virtual.ts";

/** What the host's disk has: less for drives than callers ask for. */
const DISK_BYTES = DISK_RESERVE_BYTES + 40 * 1024;
/** Where commits need no disk, which none of this is about. */
const MEMORY = "/dev/shm";
const CALLERS = 8;
const USERS = ["ann", "bob", "eve"];
/** How many steps a phase of faults lasts, before all is to recover. */
const FAULT_PHASE_STEPS = 3_000;
/** How long it takes at most, when nothing goes wrong any more, until nothing is under way. */
const MOST_RECOVERY_MS = 15 * 60_000;
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
  /** How often all recovered, came to rest, and everything held. */
  readonly recoveries: number;
};

/** What did not hold, and when. */
export class Violation extends Error {
  readonly step: number;
  /** The last steps before it, the oldest first. */
  readonly history: readonly string[];

  constructor(step: number, history: readonly string[], cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "Violation";
    this.step = step;
    this.history = history;
  }
}

export class Simulation {
  readonly #options: SimulationOptions;
  readonly #scheduler = new Scheduler();
  readonly #random: Random;
  readonly #faults = noFaults();
  readonly #machine = emptyMachine(DISK_BYTES);
  readonly #guests = new Guests(this.#machine);
  readonly #model = new Model(this.#machine);
  readonly #violations: unknown[] = [];
  readonly #late = new Set<object>();
  #daemons: readonly SimulatedDaemon[] = [];
  #stores: Store[] = [];
  #reader: RecordReader | null = null;
  #records: AllRecords | null = null;
  /** The records of which the invariants were checked last. */
  #checked: AllRecords | null = null;
  /** Whether anything may have changed since then. */
  #isTouched = false;
  #recoveries = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#random = new Random(seeded(options.seed));
  }

  /** Takes this process's time and chance. Errors: Violation. */
  async run(): Promise<Outcome> {
    const { seed, steps } = this.#options;
    beginVirtual(this.#scheduler, seeded(seed ^ 0x5eed));
    const dir = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "lodge-simulation-"));
    try {
      await this.#open(dir);
      while (this.#scheduler.steps < steps)
        await this.#faultPhase(Math.min(steps, this.#scheduler.steps + FAULT_PHASE_STEPS));
      const { steps: done, nowMs: virtualMs, hash } = this.#scheduler;
      return { steps: done, virtualMs, hash, recoveries: this.#recoveries };
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
    this.#reader = new RecordReader(new Database(file, { readonly: true }));
    const [first] = this.#stores as [Store];
    const users: UserId[] = [];
    for (const name of USERS) users.push((await this.#through(createUser(first, name))).uuid);
    const chance = { random: this.#random, faults: this.#faults };
    const world = { scheduler: this.#scheduler, ...chance, machine: this.#machine };
    const onViolation = (error: unknown) => this.#violations.push(error);
    this.#daemons = names.map((name, index) => {
      const store = this.#stores[index] as Store;
      return new SimulatedDaemon({
        ...{ ...world, name, store, alone, late: this.#late, onViolation },
        onRing: (topic) => this.#ring(topic),
        onCommit: () => this.#touch(),
        onTrouble: (error) => this.#troubled(error),
      });
    });
    for (const daemon of this.#daemons) daemon.start(0);
    const records = () => this.#current();
    const shared = { ...world, daemons: this.#daemons, model: this.#model, records };
    const callers = new Callers({ ...shared, users, onViolation });
    this.#callers = callers;
    this.#injector = new FaultInjector({ ...shared, guests: this.#guests, onChange: () => this.#touch() });
  }

  #callers: Callers | null = null;
  #injector: FaultInjector | null = null;

  /** Everything goes wrong until that step; then all is to recover. */
  async #faultPhase(until: number): Promise<void> {
    this.#injector?.begin();
    this.#callers?.begin(CALLERS);
    while (this.#scheduler.steps < until) await this.#step();
    this.#callers?.stop();
    this.#injector?.end();
    await this.#recoveryPhase();
  }

  /** Nothing goes wrong and nobody asks for anything: all comes to rest, and nothing is left over. Errors: Violation. */
  async #recoveryPhase(): Promise<void> {
    await this.#quiesce();
    const looked = this.#scheduler.nowMs + LOOK_MS;
    while (this.#scheduler.nowMs < looked) await this.#step();
    await this.#quiesce();
    const records = this.#current();
    await this.#check(async () => {
      assertQuiescent(records, this.#reader?.keys() ?? [], this.#machine);
      this.#guests.assertCounted(records.drives);
      assertInOrder(this.#reader?.spans() ?? []);
    });
    this.#recoveries++;
  }

  /** Waits until nothing is under way. Errors: Violation, when that takes too long. */
  async #quiesce(): Promise<void> {
    const end = this.#scheduler.nowMs + MOST_RECOVERY_MS;
    while (!this.#isQuiescent()) {
      await this.#step();
      if (this.#scheduler.nowMs > end) this.#fail(new Error(`there is no rest: ${this.#unfinished()}`));
    }
  }

  /** Whether nothing is under way. */
  #isQuiescent(): boolean {
    const isUp = this.#daemons.every((daemon) => daemon.isUp);
    return (
      isUp &&
      this.#late.size === 0 &&
      this.#callers?.underWay === 0 &&
      this.#current().operations.length === 0
    );
  }

  #unfinished(): string {
    const operations = JSON.stringify(this.#current().operations);
    const up = this.#daemons.map(({ name, isUp }) => `${name} is ${isUp ? "up" : "down"}`).join(", ");
    return `${this.#callers?.underWay} commands under way, ${this.#late.size} calls late, ${up}, operations ${operations}`;
  }

  async #step(): Promise<void> {
    const what = this.#scheduler.next();
    await everythingWaits();
    if (process.env.LODGE_SIMULATION_TRACE) process.stderr.write(`${what}\n`);
    if (this.#violations.length > 0) this.#fail(this.#violations[0]);
    if (!this.#isTouched && !what.includes(" on ") && !what.includes(" gets there")) return;
    await this.#check(async () => {
      const records = this.#current();
      assertInvariants(records, this.#machine);
      if (this.#injector?.sparesDaemons) assertLeasesHold(this.#checked, records);
      this.#checked = records;
      this.#model.assertKept(records);
    });
    this.#isTouched = false;
  }

  async #check(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): never {
    throw new Violation(this.#scheduler.steps, this.#scheduler.history, error);
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
    const random = this.#random;
    for (const store of this.#stores) {
      if (random.happens(this.#faults.store)) continue;
      this.#scheduler.schedule("a ring", random.chance() * 20, null, () => store.ring(topic));
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
      this.#scheduler.next();
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
