/** The model of a simulation: what callers were answered, which the cloud must agree with from then on. */
import assert from "node:assert/strict";
import { Known } from "../simulated/known.ts";
import type { Machine } from "../simulated/machine.ts";
import { WrittenBytes } from "../simulated/written-bytes.ts";
import type { AllRecords } from "./records.ts";

export class Model {
  readonly #machine: Machine;
  readonly bytes: WrittenBytes;
  /** The name and the size of drives. */
  readonly drives = new Known<{ readonly name: string; readonly sizeBytes: number }>();
  /** The speed of servers. */
  readonly speeds = new Known<{ readonly mhz: number }>();
  readonly runs = new Known<"runs" | "stands still">();
  /** What was destroyed, and what went with its end. */
  readonly gone = new Set<string>();
  /** Which user holds a resource. */
  readonly held = new Known<string>();

  constructor(machine: Machine) {
    this.#machine = machine;
    this.bytes = new WrittenBytes(machine);
  }

  /** Nothing is known any more of what a server does: it ended by itself. */
  ended(server: string): void {
    this.runs.forget(server);
  }

  assertKept(records: AllRecords): void {
    this.bytes.assertThere();
    this.#assertDrives(records);
    this.#assertServers(records);
    for (const [resource, user] of this.held) {
      const row = records.resources.find((each) => each.resource === resource);
      assert.equal(row?.user, user, `resource ${resource} is its user's`);
    }
  }

  #assertDrives({ drives }: AllRecords): void {
    const known = new Map(drives.map((row) => [row.uuid, row]));
    for (const [uuid, { name, sizeBytes }] of this.drives) {
      const row = known.get(uuid);
      assert.equal(row?.phase, "ready", `drive ${uuid} is there`);
      assert.equal(row.size_bytes, sizeBytes, `drive ${uuid} has the size that was asked for`);
      assert.equal(JSON.parse(row.properties).name, name, `drive ${uuid} has the name that was asked for`);
    }
    for (const { uuid, phase } of drives) {
      assert.ok(!this.gone.has(uuid), `drive ${uuid} was destroyed and is ${phase}`);
    }
    for (const uuid of this.#machine.drives.keys()) {
      assert.ok(!this.gone.has(uuid), `drive ${uuid} was destroyed and its file is there`);
    }
  }

  #assertServers({ servers }: AllRecords): void {
    const known = new Map(servers.map((row) => [row.uuid, row]));
    for (const [uuid, state] of this.runs) {
      const run = this.#machine.servers.get(uuid);
      assert.equal(run !== undefined, state === "runs", `server ${uuid} ${state}, as it was answered`);
      assert.equal(
        known.get(uuid)?.phase,
        run === undefined ? "stopped" : "active",
        `server ${uuid} ${state}`,
      );
    }
    for (const [uuid, { mhz }] of this.speeds) {
      const row = known.get(uuid);
      if (row !== undefined)
        assert.equal(row.cpu_mhz, mhz, `server ${uuid} has the speed that was asked for`);
    }
    for (const { uuid } of servers)
      assert.ok(!this.gone.has(uuid), `server ${uuid} was destroyed and is there`);
    for (const uuid of this.#machine.servers.keys()) {
      assert.ok(!this.gone.has(uuid), `server ${uuid} was destroyed and runs`);
    }
  }
}
