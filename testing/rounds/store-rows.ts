/** The rows of the store of a cloud that runs, read beside its daemon: what is under way, and whether they agree. */
import assert from "node:assert/strict";
import { join } from "node:path";
import Database from "better-sqlite3";
import { until } from "../until.ts";

const QUIET_MS = 120_000;

type Row = Readonly<Record<string, string | number | null>>;

export class StoreRows {
  readonly #database: Database.Database;

  /** @param home of the cloud, whose state is in its own file */
  constructor(home: string) {
    this.#database = new Database(join(home, "lodge.db"), { readonly: true });
  }

  /** Answers once no operation is under way, nor an imaging. Errors: what still is, after a long time. */
  async quiet(): Promise<void> {
    const under = () => [
      ...this.rows("select object, action, attempts, last_error from operations"),
      ...this.rows("select target, source, state from imagings where state <> 'failed'"),
    ];
    const what = () => `nothing is under way: ${JSON.stringify(under())}`;
    await until(what(), async () => (under().length === 0 ? true : null), QUIET_MS).catch(() => {
      throw new Error(`waited in vain until ${what()}`);
    });
  }

  /** Errors: something is held by nobody, or a counter is not the sum of what it counts. */
  assertAgree(): void {
    const running = new Set(
      this.rows("select uuid from servers where run is not null").map(({ uuid }) => uuid),
    );
    for (const table of ["claims", "addresses", "vlan_nics"]) {
      const left = this.rows(`select * from ${table}`).filter(({ server }) => !running.has(server ?? null));
      assert.deepEqual(left, [], `all of ${table} are held by servers that run`);
    }
    const between = this.rows("select uuid, phase from servers where phase not in ('active', 'stopped')");
    assert.deepEqual(between, [], "no server is between phases");
    const unready = this.rows("select uuid, phase from drives where phase <> 'ready'");
    assert.deepEqual(unready, [], "no drive is between phases");
    const [host] = this.rows("select * from hosts");
    const [drives] = this.rows(
      "select coalesce(sum(size_bytes), 0) as bytes from drives where standard is null",
    );
    const [servers] = this.rows(
      "select coalesce(sum(mem_mib), 0) as mem, coalesce(sum(cpu_mhz), 0) as mhz from servers where run is not null",
    );
    assert.deepEqual(
      [host?.allocated_disk_bytes, host?.allocated_mem_mib, host?.allocated_mhz],
      [drives?.bytes, servers?.mem, servers?.mhz],
      "what is allocated is what there is",
    );
  }

  rows(sql: string): Row[] {
    return this.#database.prepare<[], Row>(sql).all();
  }

  close(): void {
    this.#database.close();
  }
}
