/**
 * What accounts hold that is counted, and from when to when: by the rows of a store, and by what runs on its machine. A
 * server is counted from when it was settled that it is active to when its QEMU ended; a change counts once it is settled;
 * a drive until its destruction is on record.
 */
import type { Machine } from "../simulated/machine.ts";
import type { AllRecords } from "../simulation/records.ts";
import type { Amounts } from "./model.ts";

/** What an object is counted with from a time on; with nothing, it is gone. */
export type Holding = {
  readonly user: string;
  readonly object: string;
  readonly amounts: Amounts;
  readonly at: number;
};

type Held = { readonly user: string; readonly amounts: Amounts };

export class Holdings {
  readonly #machine: Machine;
  /** What is counted. */
  #held: ReadonlyMap<string, Held> = new Map();
  /** When the last run of each server had ended. */
  readonly #ended = new Map<string, number>();
  #running = new Set<string>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** What has changed since it was looked last; to be asked before the clock goes on, daemon or not. */
  look(records: AllRecords, now: number): readonly Holding[] {
    for (const server of this.#running) if (!this.#machine.servers.has(server)) this.#ended.set(server, now);
    this.#running = new Set(this.#machine.servers.keys());
    const held = this.#heldBy(records);
    const changed: Holding[] = [];
    for (const [object, { user, amounts }] of held) {
      if (JSON.stringify(shown(amounts)) !== JSON.stringify(shown(this.#held.get(object)?.amounts)))
        changed.push({ user, object, amounts, at: now });
    }
    for (const [object, { user }] of this.#held) {
      if (!held.has(object)) changed.push({ user, object, amounts: {}, at: this.#ended.get(object) ?? now });
    }
    this.#held = held;
    for (const server of this.#running) this.#ended.delete(server);
    return changed;
  }

  #heldBy({ servers, drives, resources, operations }: AllRecords): ReadonlyMap<string, Held> {
    const pending = new Set(operations.map(({ object }) => object));
    const held = new Map<string, Held>();
    const keep = (object: string) => {
      const before = this.#held.get(object);
      if (before !== undefined) held.set(object, before);
    };
    for (const { uuid, user, phase, cpu_mhz, mem_mib } of servers) {
      if (pending.has(uuid)) keep(uuid);
      else if (phase === "active")
        held.set(uuid, { user, amounts: { cpu: BigInt(cpu_mhz), mem: BigInt(mem_mib) } });
    }
    for (const { uuid, user, phase, size_bytes } of drives) {
      if (phase !== "ready") continue;
      if (pending.has(uuid)) keep(uuid);
      else held.set(uuid, { user, amounts: { disk: BigInt(size_bytes) } });
    }
    for (const { type, resource, user } of resources) held.set(resource, { user, amounts: { [type]: 1n } });
    return held;
  }
}

const shown = (amounts: Amounts = {}) => Object.entries(amounts).map(([name, amount]) => `${name} ${amount}`);
