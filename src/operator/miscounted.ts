/**
 * Objects whose use is not counted as they are, which is a defect of this program: whoever has them pays too little or too
 * much until it is mended. What an operation is under way on is left out, since that changes both together.
 */
import { sql } from "kysely";
import type { MeteredResource } from "../store/metering-tables.ts";
import { statement } from "../store/statement.ts";
import type { Store } from "../store/store.ts";

export type Miscounted = {
  readonly user: string;
  readonly resource: MeteredResource;
  /** A uuid or an address. */
  readonly object: string;
  /** What it is, in the resource's unit; null where it is nothing that counts. */
  readonly amount: number | null;
  /** What is counted of it; null where nothing is. */
  readonly counted: number | null;
};

/** How many are told: each is a reason to look at the program, not at the object. */
const MOST = 100;
/** How many accounts are looked at in one moment. */
const PAGE = 50;

/** An account at a time, so that nobody waits for all of it. Errors: the store's. */
export async function miscounted(store: Store): Promise<readonly Miscounted[]> {
  const found: Miscounted[] = [];
  for (let after = ""; found.length < MOST; ) {
    const users = await store.snapshot(async (tx) => {
      const rows = await tx
        .selectFrom("users")
        .select("uuid")
        .where("uuid", ">", after)
        .orderBy("uuid")
        .limit(PAGE)
        .execute();
      for (const { uuid: user } of rows) found.push(...(await ofUser(tx, { user, most: MOST })).rows);
      return rows;
    });
    const last = users.at(-1);
    if (last === undefined) break;
    after = last.uuid;
  }
  return found.slice(0, MOST);
}

type Params = { user: string; most: number };

const ofUser = statement<Params, Miscounted>((db, param) => ({
  compile: () => {
    const user = param("user");
    return sql<Miscounted>`
      with objects (object, resource, amount) as (
        select uuid, 'cpu', cpu_mhz from servers where "user" = ${user} and phase = 'active'
        union all select uuid, 'mem', mem_mib from servers where "user" = ${user} and phase = 'active'
        union all select uuid, 'servers', 1 from servers where "user" = ${user} and phase <> 'creating'
        union all select uuid, 'disk', size_bytes from drives
          where "user" = ${user} and phase = 'ready' and standard is null
        union all select uuid, 'drives', 1 from drives
          where "user" = ${user} and phase = 'ready' and standard is null
        union all select resource, type, 1 from resources where "user" = ${user}
      ), counted (object, resource, amount) as (
        select object, resource, amount from spans where "user" = ${user} and ends is null
      ), pairs (object, resource, amount, counted) as (
        select objects.object, objects.resource, objects.amount, counted.amount from objects
          left join counted on counted.object = objects.object and counted.resource = objects.resource
        union all select counted.object, counted.resource, null, counted.amount from counted
          left join objects on objects.object = counted.object and objects.resource = counted.resource
          where objects.object is null
      )
      select ${user} as "user", resource, object, amount, counted from pairs
      where (amount is null or counted is null or amount <> counted)
        and not exists (select 1 from operations where operations.object = pairs.object)
      order by object, resource limit ${param("most")}
    `.compile(db);
  },
}));
