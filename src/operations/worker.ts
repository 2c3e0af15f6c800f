/**
 * The worker: has operations done, by whoever knows how, and tries those again that were not settled. A command records
 * its intent and performs it at once; what a process left behind, or what failed, is taken up again by the loop. Each
 * object is worked on by itself: one that fails, or that hangs, stands in no other's way.
 */
import { randomUUID } from "node:crypto";
import { noteBegun, outsideChange } from "../audit/event.ts";
import { backoff } from "../base/backoff.ts";
import { withinOr } from "../base/deadline.ts";
import { busy, type LodgeError, sentenceOf } from "../base/errors.ts";
import { KeyedLock } from "../base/keyed-lock.ts";
import { answerable } from "../base/uncaught.ts";
import { Outdated } from "../host/errors.ts";
import type { Store, TransactionOptions, Tx } from "../store/store.ts";
import { dueObjects, endLeasesOfOthers, isOfKind, type Kind, putOff, renewLeases, takeUp } from "./lease.ts";
import {
  ensureQuiet,
  InProgress,
  type Intent,
  isLatest,
  Later,
  type Lease,
  type Noun,
  type Operation,
  Overtaken,
  recordOperation,
} from "./operation.ts";

/** How long an owner may be silent. */
const LEASE_MS = 30_000;
/** How often it is looked for operations that are due. */
const LOOK_MS = 1_000;
/**
 * How many operations of each kind one process takes up by itself at once; what its commands perform comes on top. Those on
 * accounts work on all that an account has, and the drives of one that is closed are destroyed by the thousand: neither
 * keeps what others want waiting.
 */
const SLOTS: readonly (Kind & { readonly most: number })[] = [
  { noun: "server", most: 32 },
  { noun: "drive", destroys: false, most: 24 },
  { noun: "drive", destroys: true, most: 8 },
  { noun: "account", most: 8 },
];
/** How long a command waits for another one on the same object. */
const PATIENCE_MS = 30_000;
/**
 * How often a command looks in the store while it waits for another process's operation on the same object. That
 * process rings when its operation has ended, but a ring may be lost.
 */
const LOOK_AGAIN_MS = 250;
/** The store's topic that is rung when a process is done with an operation on that object. */
const topicOf = (object: string) => `operation:${object}`;
/** When an operation that failed is tried again: the first pause, and the longest that it grows to. */
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 60_000;
/** How long closing waits for what is under way; what is later is taken up by the next process. */
const CLOSE_MS = 20_000;

/** A lifecycle event for the log. */
export type OperationEvent = {
  readonly event: "begun" | "done" | "failed" | "overtaken";
  readonly operation: Operation;
  readonly error?: unknown;
};

export type WorkerOptions = {
  readonly store: Store;
  /** Whether no other process can be at work on this store: then what others left is taken up at once. */
  readonly alone: boolean;
  readonly log: (event: OperationEvent) => void;
  /** Told what the worker itself cannot do, such as read the store; it is tried again. */
  readonly onTrouble: (error: unknown) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly leaseMs?: number;
  /** How long a command waits for another one on the same object, in milliseconds. */
  readonly patienceMs?: number;
};

/**
 * Does an operation, in steps that may be repeated from any point, and settles it (`settleOperation`) in the transaction
 * that records what came of it. One that was tried before (`attempts`) has no caller who waits for it. What it throws
 * without having settled it is tried again.
 */
export type Handler = (operation: Operation) => Promise<void>;

/** What a command has decided and recorded. */
export type Decided<T> = {
  /** What it recorded of other objects that has to end first; each is tried again by itself where it fails. */
  readonly before?: readonly Operation[];
  readonly operation: Operation | null;
  readonly result: T;
};

/** An attempt that this process is at. */
type InFlight = {
  readonly operation: Operation;
  /** Settles when the attempt has come to its end, or at once when it is overtaken: what it does still is for nothing. */
  readonly done: Promise<void>;
  readonly overtake: () => void;
};

/** Beside which actions, until when, and for what kind of transaction it is waited that an object is quiet. */
type Wait = {
  readonly beside: readonly string[];
  readonly deadline: number;
  readonly options: TransactionOptions;
};

export class Worker {
  readonly #options: Required<WorkerOptions>;
  readonly #owner = randomUUID();
  readonly #handlers = new Map<Noun, Handler>();
  readonly #inFlight = new Map<string, InFlight>();
  /** What was recorded and waits for others to end before it is begun. */
  readonly #waiting = new Set<Operation>();
  readonly #inOrder = new KeyedLock();
  #timer: NodeJS.Timeout | undefined;
  #renewal: NodeJS.Timeout | undefined;
  #looking: Promise<void> | null = null;
  #closed = false;

  constructor(options: WorkerOptions) {
    this.#options = { now: Date.now, leaseMs: LEASE_MS, patienceMs: PATIENCE_MS, ...options };
  }

  /** Says who does the operations of a noun; to be said before `start`. */
  handle(noun: Noun, handler: Handler): void {
    this.#handlers.set(noun, handler);
  }

  /** Begins to look for what is due. Answers once the first look is done; what it found goes on by itself. */
  async start(): Promise<void> {
    const { alone, store, leaseMs } = this.#options;
    if (alone) await endLeasesOfOthers(store, this.#owner);
    this.#timer = setInterval(() => void this.look(), LOOK_MS).unref();
    this.#renewal = setInterval(() => void this.#renew(), leaseMs / 3).unref();
    await this.look();
  }

  /** Records an intent as part of a transaction; whoever commits it performs what this answers. */
  async record(tx: Tx, intent: Intent): Promise<Operation> {
    const nowMs = this.#options.now();
    noteBegun();
    await recordOperation(tx, intent, this.#lease(), nowMs);
    const { params = {}, request = null } = intent;
    return { ...intent, params, request, attempts: 0, lastError: null, recordedMs: nowMs };
  }

  /** Records an intent that nobody waits for: the loop takes it up, once it is told to `look`. */
  async leave(tx: Tx, intent: Intent): Promise<void> {
    noteBegun();
    await recordOperation(tx, intent, null, this.#options.now());
  }

  /** Does what was recorded. Errors: the handler's; `busy` when another command has overtaken it. */
  async perform(operation: Operation): Promise<void> {
    try {
      await this.#attempt(operation);
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
      const sentence = `${operation.noun} ${operation.object} was changed by another command meanwhile`;
      throw busy("command_overtaken", sentence, { cause: error });
    }
  }

  /**
   * A command on an object, one at a time in the order of the calls: once nothing is under way on it, `decide` checks and
   * records in one transaction, and what it recorded, if anything, is performed.
   *
   * Errors: `decide`'s and the handler's; `busy` when something stays under way for too long, or fails and is tried again.
   *
   * @param beside actions under way that are not waited for: `decide` has rules about them
   * @param options of the transaction; without them it is one that makes the store larger
   */
  command<T>(
    object: string,
    decide: (tx: Tx) => Promise<Decided<T>>,
    beside: readonly string[] = [],
    options: TransactionOptions = { grows: true },
  ): Promise<T> {
    // One deadline for both waits: for the turn of this command, and then for the object to be quiet.
    const deadline = performance.now() + this.#options.patienceMs;
    const late = () => busy("in_progress", `another command on ${object} is still under way`);
    return this.#inOrder.runWithin(this.#options.patienceMs, object, late, async () => {
      const quiet = await this.#whenQuiet(object, decide, { beside, deadline, options });
      const { before = [], operation, result } = quiet;
      if (operation === null) await Promise.allSettled(before.map((each) => this.perform(each)));
      else await this.#performAfter(before, operation);
      return result;
    });
  }

  async #performAfter(before: readonly Operation[], operation: Operation): Promise<void> {
    this.#waiting.add(operation);
    try {
      await Promise.allSettled(before.map((each) => this.perform(each)));
    } finally {
      this.#waiting.delete(operation);
    }
    await this.perform(operation);
  }

  /** Answers once nothing is under way on the object. Errors: as `command`. */
  quiet(object: string): Promise<void> {
    const deadline = performance.now() + this.#options.patienceMs;
    return this.#whenQuiet(object, async () => {}, { beside: [], deadline, options: {} });
  }

  /** A command that waits for nothing: what is under way on the object is overtaken by what `decide` records. */
  async overtake(decide: (tx: Tx) => Promise<Operation | null>): Promise<void> {
    const operation = await this.#options.store.transaction(decide);
    if (operation === null) return;
    this.#inFlight.get(operation.object)?.overtake();
    await this.perform(operation);
  }

  /** Looks for operations that are due, and takes up as many as may go on at once. */
  look(): Promise<void> {
    this.#looking ??= this.#takeUpDue()
      .catch((error: unknown) => this.#options.onTrouble(error))
      .finally(() => {
        this.#looking = null;
      });
    return this.#looking;
  }

  /** Settles when this process works on nothing; what failed and waits to be tried again does not count. */
  async idle(): Promise<void> {
    for (await this.look(); this.#inFlight.size > 0; await this.look()) {
      await Promise.allSettled([...this.#inFlight.values()].map(({ done }) => done));
    }
  }

  /** Takes nothing up any more, and waits for what is under way, but for what hangs. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    clearInterval(this.#renewal);
    await this.#looking;
    const underWay = Promise.allSettled([...this.#inFlight.values()].map(({ done }) => done));
    await withinOr<unknown>(CLOSE_MS, underWay, () => null);
  }

  async #takeUpDue(): Promise<void> {
    const { store, now, onTrouble } = this.#options;
    if (this.#closed) return;
    const slots = SLOTS.map((slot) => ({ ...slot, free: slot.most - this.#takenUp(slot) }));
    if (slots.every(({ free }) => free <= 0)) return;
    const objects = await store.transaction(async (tx) => {
      const due: string[] = [];
      for (const { free, most, ...kind } of slots) {
        const found = free <= 0 ? [] : await dueObjects(tx, kind, now(), most);
        due.push(...found.filter((each) => !this.#inFlight.has(each)).slice(0, free));
      }
      return due;
    });
    for (const object of objects.filter((each) => !this.#inFlight.has(each))) {
      const operation = await takeUp(store, object, this.#lease(), now()).catch((error: unknown) => {
        // It stands in no other's way.
        onTrouble(error);
        return null;
      });
      // Whoever comes after it in this process waits for it; nobody waits for what comes of it.
      if (operation !== null) outsideChange(() => this.#attempt(operation)).catch(() => {});
    }
  }

  #takenUp(kind: Kind): number {
    const underWay = [...this.#inFlight.values()].map(({ operation }) => operation);
    return underWay.filter((operation) => operation.attempts > 0 && isOfKind(kind, operation)).length;
  }

  /** A handler may perform what its own operation has become: that takes its place here. */
  #attempt(operation: Operation): Promise<void> {
    const { object } = operation;
    const other = this.#inFlight.get(object);
    if (other !== undefined && other.operation.generation > operation.generation) {
      return Promise.reject(new Overtaken(operation));
    }
    const overtaken = Promise.withResolvers<never>();
    const done = Promise.race([this.#do(operation), overtaken.promise]).finally(() => {
      if (this.#inFlight.get(object) === entry) this.#inFlight.delete(object);
      if (!this.#closed && operation.attempts > 0) void this.look();
      if (!this.#closed && !this.#options.alone) this.#options.store.ring(topicOf(object));
    });
    const entry: InFlight = { operation, done, overtake: () => overtaken.reject(new Overtaken(operation)) };
    this.#inFlight.set(object, entry);
    return done;
  }

  async #do(operation: Operation): Promise<void> {
    const { log } = this.#options;
    log({ event: "begun", operation });
    try {
      const handler = this.#handlers.get(operation.noun);
      if (handler === undefined) throw new Error(`nobody does operations of the noun ${operation.noun}`);
      const { object, action, generation } = operation;
      await answerable({ [operation.noun]: object, action, generation }, () => handler(operation));
      log({ event: "done", operation });
    } catch (error) {
      if (error instanceof Later) {
        await this.#putOff(operation, error.afterMs, null);
        return;
      }
      const isOvertaken = error instanceof Overtaken || (await this.#isOutdated(operation, error));
      log({ event: isOvertaken ? "overtaken" : "failed", operation, error });
      if (isOvertaken) throw new Overtaken(operation, { cause: error });
      await this.#putOff(operation, backoffMs(operation), sentenceOf(error));
      throw error;
    }
  }

  /** Whether a host refused it since a later intent, or a later attempt, was there before it. */
  async #isOutdated(operation: Operation, error: unknown): Promise<boolean> {
    if (!(error instanceof Outdated)) return false;
    return !(await this.#options.store.transaction((tx) => isLatest(tx, operation)));
  }

  /** Where even that cannot be recorded, the lease runs out. */
  async #putOff(operation: Operation, afterMs: number, error: string | null): Promise<void> {
    const { store, now, onTrouble } = this.#options;
    await putOff(store, operation, this.#owner, now() + afterMs, error).catch(onTrouble);
  }

  async #whenQuiet<T>(
    object: string,
    decide: (tx: Tx) => Promise<T>,
    { beside, deadline, options }: Wait,
  ): Promise<T> {
    for (;;) {
      try {
        return await this.#options.store.transaction(async (tx) => {
          await ensureQuiet(tx, object, beside);
          return decide(tx);
        }, options);
      } catch (error) {
        if (!(error instanceof InProgress) || error.object !== object) throw error;
        if (error.failing !== null || performance.now() > deadline) throw stillBusy(error);
      }
      const ours = this.#inFlight.get(object);
      if (ours === undefined) await this.#rung(object);
      else
        await withinOr(
          deadline - performance.now(),
          ours.done.catch(() => {}),
          () => {},
        );
    }
  }

  /** Settles when a process beside may be done with an operation on the object. */
  async #rung(object: string): Promise<void> {
    const rung = Promise.withResolvers<void>();
    const endListening = this.#options.store.listen(topicOf(object), rung.resolve);
    await withinOr(LOOK_AGAIN_MS, rung.promise, () => {});
    endListening();
  }

  async #renew(): Promise<void> {
    const objects = [...this.#inFlight.keys(), ...[...this.#waiting].map(({ object }) => object)];
    if (objects.length === 0) return;
    await renewLeases(this.#options.store, this.#lease(), objects).catch(this.#options.onTrouble);
  }

  #lease(): Lease {
    return { owner: this.#owner, untilMs: this.#options.now() + this.#options.leaseMs };
  }
}

const backoffMs = ({ attempts }: Operation) => backoff(attempts + 1, FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS);

function stillBusy({ message, failing }: InProgress): LodgeError {
  const why = failing === null ? "" : ", which does not come about yet and is tried again";
  return busy("in_progress", `${message}${why}`);
}
