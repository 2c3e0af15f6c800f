/**
 * What was written on drives and acknowledged, so that it can be asked whether it is there still: the last byte of a drive,
 * which a resize that comes late cuts off, and a copy that comes late writes over.
 */
import assert from "node:assert/strict";
import { Known } from "./known.ts";
import type { Machine } from "./machine.ts";

type Written = { readonly at: number; readonly value: number };

export class WrittenBytes {
  readonly #machine: Machine;
  readonly #known = new Known<Written>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Does what may change the drive's bytes, and answers what is known to be on it afterwards; null: nothing is. */
  async changing(drive: string, work: () => Promise<Written | null>): Promise<void> {
    await this.#known.changing(drive, work, (written) => written);
  }

  /** What is known to be on the drive. */
  get(drive: string): Written | undefined {
    return this.#known.get(drive);
  }

  assertThere(): void {
    for (const [drive, { at, value }] of this.#known) {
      const bytes = this.#machine.drives.get(drive)?.bytes;
      assert.equal(bytes?.[at], value, `what was written on drive ${drive} is there`);
    }
  }
}
