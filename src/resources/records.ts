/** Resources as they stand in the store: the queries that read them, compiled once. */
import { authorize } from "../api/authorize.ts";
import type { UserId } from "../base/ids.ts";
import type { Store } from "../store/store.ts";
import type { Pool } from "./pool.ts";
import { type PoolRow, poolFrom } from "./pools.ts";
import {
  accessedResource,
  noSuchResource,
  type Resource,
  type ResourceId,
  type ResourceRow,
  type ResourceType,
  resourceOf,
} from "./resource.ts";

const COLUMNS = ["type", "resource", "user", "properties"] as const;

export type ResourceRecords = {
  /** A resource of the user's own. Errors: `missing`. */
  own(id: ResourceId, user: UserId): Promise<Resource>;
  /** The user's resources, oldest first: those of a type, or (null) all. */
  ofUser(user: UserId, type: ResourceType | null): Promise<readonly Resource[]>;
  /** All pools that an address which users hold can be in. */
  pools(): Promise<readonly Pool[]>;
};

export function resourceRecords(store: Store): ResourceRecords {
  const byId = store.query<{ type: string; resource: string }, ResourceRow>((db, param) =>
    db
      .selectFrom("resources")
      .select(COLUMNS)
      .where("type", "=", param("type") as ResourceType)
      .where("resource", "=", param("resource")),
  );
  const byUser = store.query<{ user: string }, ResourceRow>((db, param) =>
    db.selectFrom("resources").select(COLUMNS).where("user", "=", param("user")).orderBy("serial"),
  );
  const pools = store.query<Record<never, never>, PoolRow>((db) =>
    db.selectFrom("pools").selectAll().orderBy("serial"),
  );
  return {
    async own(id, user) {
      const [row] = await byId({ ...id });
      if (row === undefined) throw noSuchResource(id);
      const resource = resourceOf(row);
      authorize({ user }, "change", accessedResource(resource));
      return resource;
    },
    async ofUser(user, type) {
      const rows = await byUser({ user });
      return rows.filter((row) => type === null || row.type === type).map(resourceOf);
    },
    pools: async () => (await pools({})).map(poolFrom),
  };
}
