/**
 * What was written on drives and acknowledged, so that it can be asked whether it is there still: the last byte of a drive,
 * which a resize that comes late cuts off, and a copy that comes late writes over.
 */
import assert from "node:assert/strict";
import type { Machine } from "./machine.ts";

type Written = { readonly at: number; readonly value: number };

export class WrittenBytes {
  readonly #machine: Machine;
  /** What is known to be on a drive: of one that nothing is done to, beside what was asked for and never answered. */
  readonly #known = new Map<string, Written>();
  /** How much is being done to each drive's bytes, and how much has been. */
  readonly #underWay = new Map<string, number>();
  readonly #versions = new Map<string, number>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Does what may change the drive's bytes, and answers what is known to be on it afterwards; null: nothing is. */
  async changing(drive: string, work: () => Promise<Written | null>): Promise<void> {
    this.#known.delete(drive);
    const version = (this.#versions.get(drive) ?? 0) + 1;
    this.#versions.set(drive, version);
    this.#count(drive, 1);
    let written: Written | null = null;
    try {
      written = await work();
    } finally {
      this.#count(drive, -1);
    }
    const isAlone = this.#underWay.get(drive) === 0 && this.#versions.get(drive) === version;
    if (written !== null && isAlone) this.#known.set(drive, written);
  }

  /** How many drives are known to hold something. */
  get size(): number {
    return this.#known.size;
  }

  assertThere(): void {
    for (const [drive, { at, value }] of this.#known) {
      const bytes = this.#machine.drives.get(drive)?.bytes;
      assert.equal(bytes?.[at], value, `what was written on drive ${drive} is there`);
    }
  }

  #count(drive: string, by: number): void {
    this.#underWay.set(drive, (this.#underWay.get(drive) ?? 0) + by);
  }
}
