/**
 * The agenda of a simulation: all that is to happen, in the order of virtual time, and what has. One thing happens at a
 * time; what is due at the same moment happens in the order in which it was entered.
 */
import { type Process, runsWithin } from "./process.ts";

/** Something that is to happen. */
export type Entry = {
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

export class Agenda {
  /** A binary heap: the earliest is first. */
  readonly #heap: Entry[] = [];
  readonly #past: string[] = [];
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
  get past(): readonly string[] {
    const turn = this.#steps % REMEMBERED;
    return [...this.#past.slice(turn), ...this.#past.slice(0, turn)];
  }

  /** Enters that something happens in so many milliseconds. */
  enter(label: string, inMs: number, process: Process | null, run: () => void): Entry {
    const atMs = this.#nowMs + Math.max(0, inMs);
    const entry = { label, process, atMs, serial: this.#serial++, run };
    this.#push(entry);
    return entry;
  }

  /** Settles in so many milliseconds. */
  pass(label: string, inMs: number, process: Process | null): Promise<void> {
    return new Promise((resolve) => this.enter(label, inMs, process, resolve));
  }

  /** Lets the next thing happen, and all that follows from it at once; answers what it was. Errors: nothing is to happen. */
  next(): string {
    for (;;) {
      const entry = this.#pop();
      if (entry === undefined) throw new Error("nothing is to happen any more");
      const { run, process } = entry;
      if (run === null || process?.isAlive === false) continue;
      if (process !== null && process.frozenUntilMs > entry.atMs) {
        this.#push(Object.assign(entry, { atMs: process.frozenUntilMs }));
        continue;
      }
      this.#nowMs = entry.atMs;
      entry.run = null;
      const told = process === null ? entry.label : `${process.name}: ${entry.label}`;
      this.note(told);
      runsWithin(process, run);
      return told;
    }
  }

  /** Notes what happens as a step of its own. */
  note(label: string): void {
    this.#past[this.#steps % REMEMBERED] = `${this.#steps} at ${this.#nowMs.toFixed(1)} ms: ${label}`;
    this.#steps++;
    this.stir(label);
    this.stir(String(this.#nowMs));
  }

  /** Makes the text a part of what the hash is of (FNV-1a). */
  stir(text: string): void {
    let hash = this.#hash;
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    this.#hash = hash;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent] as Entry, entry)) break;
      heap[at] = heap[parent] as Entry;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (isBefore(last, heap[child] as Entry)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

const isBefore = (one: Entry, other: Entry) =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.serial < other.serial);
