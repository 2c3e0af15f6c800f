/** What stands in the store of a simulation, read past the daemons, which do not notice it. */
import type Database from "better-sqlite3";
import type { Selectable } from "kysely";
import type { Generation } from "../../src/host/host.ts";
import type { Tables } from "../../src/store/tables.ts";
import type { Records } from "../state-agreement.ts";

type Row<Name extends keyof Tables, Column extends keyof Selectable<Tables[Name]>> = Pick<
  Selectable<Tables[Name]>,
  Column
>;

export type AllRecords = Omit<Records, "drives" | "servers" | "addresses" | "operations"> & {
  readonly drives: readonly Row<
    "drives",
    | ("uuid" | "user" | "phase" | "size_bytes" | "properties" | "write_bytes")
    | ("generation" | "wrapped_secret" | "standard")
  >[];
  readonly servers: readonly Row<
    "servers",
    "uuid" | "user" | "phase" | "generation" | "run" | "config" | "cpu_mhz" | "mem_mib"
  >[];
  readonly addresses: readonly Row<"addresses", "address" | "server">[];
  readonly operations: readonly Row<
    "operations",
    "object" | "action" | "generation" | "params" | "attempts" | "last_error" | "owner"
  >[];
  readonly resources: readonly Row<"resources", "type" | "resource" | "user">[];
  readonly imagings: readonly Row<"imagings", "target" | "source" | "state">[];
  readonly diskBytes: number;
};

export type SpanRow = Row<"spans", "resource" | "object" | "begins" | "ends">;

export type IdempotencyKey = Row<"idempotency_keys", "key" | "object">;

/**
 * Whether the store has counted what a run of the server wrote that has ended: it counts that with the end, from which on
 * the server has no run, or a later one, or is gone.
 *
 * @param ranAt the generation that the run was at
 */
export function hasCounted({ servers }: AllRecords, uuid: string, ranAt: Generation): boolean {
  const run = servers.find((row) => row.uuid === uuid)?.run ?? null;
  return run === null || JSON.parse(run).generation > ranAt;
}

const SELECTS = {
  drives:
    "select uuid, user, phase, size_bytes, properties, write_bytes, generation, wrapped_secret, standard from drives",
  servers: "select uuid, user, phase, generation, run, config, cpu_mhz, mem_mib from servers",
  claims: "select drive, server, exclusive from claims",
  addresses: "select address, server from addresses",
  vlanNics: "select server from vlan_nics",
  operations: "select object, action, generation, params, attempts, last_error, owner from operations",
  resources: "select type, resource, user from resources",
  spans: "select user, resource, object, amount from spans where ends is null",
  imagings: "select target, source, state from imagings",
} as const;

export class RecordReader {
  readonly #database: Database.Database;
  readonly #statements: readonly (readonly [string, Database.Statement])[];
  readonly #host: Database.Statement<[], Selectable<Tables["hosts"]>>;
  readonly #keys: Database.Statement<[], IdempotencyKey>;
  readonly #spans: Database.Statement<[], SpanRow>;
  readonly #read: () => AllRecords;

  /** @param database of a store; closed with this */
  constructor(database: Database.Database) {
    this.#database = database;
    this.#statements = Object.entries(SELECTS).map(
      ([name, sql]) => [name, this.#database.prepare(sql)] as const,
    );
    this.#host = this.#database.prepare("select * from hosts");
    this.#keys = this.#database.prepare("select key, object from idempotency_keys");
    this.#spans = this.#database.prepare("select resource, object, begins, ends from spans order by serial");
    this.#read = this.#database.transaction(() => this.#readAll());
  }

  /** All of one moment. Errors: no daemon has recorded its host yet. */
  read(): AllRecords {
    return this.#read();
  }

  /** The Idempotency-Keys, which are more and more: to be asked for now and then. */
  keys(): readonly IdempotencyKey[] {
    return this.#keys.all();
  }

  /** All spans of use, in their order, which are more and more: to be asked for now and then. */
  spans(): readonly SpanRow[] {
    return this.#spans.all();
  }

  close(): void {
    this.#database.close();
  }

  #readAll(): AllRecords {
    const tables = Object.fromEntries(this.#statements.map(([name, statement]) => [name, statement.all()]));
    const { servers } = tables as unknown as AllRecords;
    const sums = { memMib: 0, mhz: 0 };
    for (const { run, mem_mib, cpu_mhz } of servers) {
      if (run === null) continue;
      sums.memMib += mem_mib;
      sums.mhz += cpu_mhz;
    }
    const host = this.#host.get();
    return {
      ...(tables as unknown as AllRecords),
      sums,
      allocated: { memMib: host?.allocated_mem_mib ?? 0, mhz: host?.allocated_mhz ?? 0 },
      allocatedDiskBytes: host?.allocated_disk_bytes ?? 0,
      diskBytes: host?.disk_bytes ?? 0,
    };
  }
}
