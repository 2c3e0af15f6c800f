/** Guests of a simulated machine that write on their drives, and what of it the store is to count. */
import assert from "node:assert/strict";
import type { Generation, IoCounters, ServerSpec } from "../../src/host/host.ts";
import type { Store } from "../../src/store/store.ts";
import type { Machine } from "./machine.ts";

const NO_IO: IoCounters = { readBytes: 0, readRequests: 0, writeBytes: 0, writeRequests: 0 };

export class Guests {
  readonly #machine: Machine;
  /** What was written on each drive. */
  readonly #written = new Map<string, number>();

  /** What each server had when its guest wrote last. */
  readonly #specs = new Map<string, ServerSpec>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** The guest of a server writes so much on each of its drives. Does nothing when it does not run. */
  write(server: string, bytes: number): void {
    const run = this.#machine.servers.get(server);
    if (run === undefined) return;
    this.#specs.set(server, run.spec);
    const devices: Record<string, IoCounters> = {};
    for (const { key, volume } of run.spec.devices) {
      const before = run.counters.devices[key] ?? NO_IO;
      devices[key] = { ...before, writeBytes: before.writeBytes + bytes };
      this.#written.set(volume.uuid, (this.#written.get(volume.uuid) ?? 0) + bytes);
    }
    run.counters = { ...run.counters, devices };
  }

  /**
   * The machine lost power, and a run is gone without a trace: what it has written is counted by nobody, unless it had
   * ended and the store has counted it already.
   *
   * @param isCounted whether the store has counted a run of the server that ended, which was at that generation
   */
  lose(server: string, isCounted: (ranAt: Generation) => boolean): void {
    const { servers, ended } = this.#machine;
    const run = servers.get(server);
    const end = ended.get(server);
    servers.delete(server);
    ended.delete(server);
    if (end !== undefined && isCounted(end.ranAt)) return;
    const counters = run?.counters ?? end?.counters;
    for (const { key, volume } of this.#specs.get(server)?.devices ?? []) {
      const lost = counters?.devices[key]?.writeBytes ?? 0;
      this.#written.set(volume.uuid, (this.#written.get(volume.uuid) ?? 0) - lost);
    }
  }

  /** What was written is counted, once: in the store of what has ended, in their QEMUs of those that run. */
  async assertCountedIn(store: Store): Promise<void> {
    this.assertCounted(
      await store.transaction((tx) => tx.selectFrom("drives").select(["uuid", "write_bytes"]).execute()),
    );
  }

  /** The same, of drives as the store has them. */
  assertCounted(drives: readonly { readonly uuid: string; readonly write_bytes: number }[]): void {
    for (const { uuid, write_bytes } of drives) {
      const counted = this.#live(uuid).reduce((sum, bytes) => sum + bytes, write_bytes);
      assert.equal(
        counted,
        this.#written.get(uuid) ?? 0,
        `what was written on drive ${uuid} is counted once`,
      );
    }
  }

  #live(drive: string): readonly number[] {
    return [...this.#machine.servers.values()].flatMap(({ spec, counters }) =>
      spec.devices
        .filter(({ volume }) => volume.uuid === drive)
        .map(({ key }) => counters.devices[key]?.writeBytes ?? 0),
    );
  }
}
