/**
 * The scheduler of a simulation: all that is to happen, in the order of virtual time, and what has. One thing happens at a
 * time; what is due at the same moment happens in the order in which it was scheduled.
 */
import { type Process, runsWithin } from "./process.ts";

/** Something that is to happen. */
export type ScheduledEvent = {
  readonly label: string;
  /** Of whom it is: what a process waits for never comes once that has died. Null: it comes whatever dies. */
  readonly process: Process | null;
  atMs: number;
  serial: number;
  /** Null once it is not to happen any more. */
  run: (() => void) | null;
};

/** How many of the last things that happened are told where something is wrong. */
const REMEMBERED = 60;

export class Scheduler {
  /** A binary heap: the earliest is first. */
  readonly #heap: ScheduledEvent[] = [];
  readonly #history: string[] = [];
  #serial = 0;
  #nowMs = 0;
  #steps = 0;
  #hash = 0x811c9dc5;

  /** Milliseconds since the simulation began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many things have happened. */
  get steps(): number {
    return this.#steps;
  }

  /** What tells one course of things from another: eight hexadecimal digits. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  /** The last things that happened, the oldest first. */
  get history(): readonly string[] {
    const turn = this.#steps % REMEMBERED;
    return [...this.#history.slice(turn), ...this.#history.slice(0, turn)];
  }

  /** Has something happen in so many milliseconds. */
  schedule(label: string, inMs: number, process: Process | null, run: () => void): ScheduledEvent {
    const atMs = this.#nowMs + Math.max(0, inMs);
    const event = { label, process, atMs, serial: this.#serial++, run };
    this.#push(event);
    return event;
  }

  /** Settles in so many milliseconds. */
  wait(label: string, inMs: number, process: Process | null): Promise<void> {
    return new Promise((resolve) => this.schedule(label, inMs, process, resolve));
  }

  /** Lets the next thing happen, and all that follows from it at once; answers what it was. Errors: nothing is to happen. */
  next(): string {
    for (;;) {
      const event = this.#pop();
      if (event === undefined) throw new Error("nothing is to happen any more");
      const { run, process } = event;
      if (run === null || process?.isAlive === false) continue;
      if (process !== null && process.frozenUntilMs > event.atMs) {
        this.#push(Object.assign(event, { atMs: process.frozenUntilMs }));
        continue;
      }
      this.#nowMs = event.atMs;
      event.run = null;
      const told = process === null ? event.label : `${process.name}: ${event.label}`;
      this.#count(told);
      runsWithin(process, run);
      return told;
    }
  }

  /** Counts what happens as a step of its own. */
  #count(label: string): void {
    this.#history[this.#steps % REMEMBERED] = `${this.#steps} at ${this.#nowMs.toFixed(1)} ms: ${label}`;
    this.#steps++;
    this.hashIn(label);
    this.hashIn(String(this.#nowMs));
  }

  /** Makes the text a part of what the hash is of (FNV-1a). */
  hashIn(text: string): void {
    let hash = this.#hash;
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    this.#hash = hash;
  }

  #push(event: ScheduledEvent): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent] as ScheduledEvent, event)) break;
      heap[at] = heap[parent] as ScheduledEvent;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): ScheduledEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (
        child + 1 < heap.length &&
        isBefore(heap[child + 1] as ScheduledEvent, heap[child] as ScheduledEvent)
      )
        child++;
      if (isBefore(last, heap[child] as ScheduledEvent)) break;
      heap[at] = heap[child] as ScheduledEvent;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

const isBefore = (one: ScheduledEvent, other: ScheduledEvent) =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.serial < other.serial);
