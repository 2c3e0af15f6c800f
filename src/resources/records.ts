/** Resources as they stand in the store: the queries that read them, compiled once. */
import { authorize } from "../api/authorize.ts";
import { readOr, type Unreadable } from "../api/unreadable.ts";
import type { UserId } from "../base/ids.ts";
import { mapPages, pagesOf } from "../base/pages.ts";
import type { Store } from "../store/store.ts";
import type { Pool } from "./pool.ts";
import { type PoolRow, readablePools } from "./pools.ts";
import {
  accessedResource,
  noSuchResource,
  type Resource,
  type ResourceId,
  type ResourceRow,
  type ResourceType,
  resourceOf,
} from "./resource.ts";

/** About what a row of a list has. */
const LISTED_BYTES = 100;

const COLUMNS = ["type", "resource", "user", "properties"] as const;

export type UnreadableResource = Unreadable<ResourceId & Pick<Resource, "user">>;

export class ResourceRecords {
  readonly #queries: ReturnType<typeof queries>;

  constructor(store: Store) {
    this.#queries = queries(store);
  }

  /** A resource of the user's own. Errors: `missing`; `failed` when its row is damaged. */
  async own(id: ResourceId, user: UserId): Promise<Resource> {
    const [row] = await this.#queries.byId({ ...id });
    if (row === undefined) throw noSuchResource(id);
    authorize({ user }, "change", accessedResource(row));
    return resourceOf(row);
  }

  /** The user's resources, oldest first. A damaged one does not hide the others. */
  ofUser(user: UserId): AsyncIterable<readonly (Resource | UnreadableResource)[]> {
    const rows = pagesOf(
      (after, most) => this.#queries.pageOfUser({ user, after, most }),
      ({ properties }) => properties.length,
    );
    return mapPages(rows, (page) =>
      page.map((row) => readOr({ type: row.type, resource: row.resource, user }, () => resourceOf(row))),
    );
  }

  /** What a list answers of the user's resources, oldest first: those of a type, or (null) all. */
  listedOf(user: UserId, type: ResourceType | null): AsyncIterable<readonly ResourceId[]> {
    const rows = pagesOf(
      (after, most) => this.#queries.listOfUser({ user, after, most }),
      () => LISTED_BYTES,
    );
    return mapPages(rows, (page) => page.filter((row) => type === null || row.type === type));
  }

  /** All pools that an address which users hold can be in, but for damaged ones. */
  async pools(): Promise<readonly Pool[]> {
    return readablePools(await this.#queries.pools({}));
  }
}

type PageParams = { user: string; after: number; most: number };

const queries = (store: Store) => ({
  byId: store.query<{ type: string; resource: string }, ResourceRow>((db, param) =>
    db
      .selectFrom("resources")
      .select(COLUMNS)
      .where("type", "=", param("type") as ResourceType)
      .where("resource", "=", param("resource")),
  ),
  pageOfUser: store.query<PageParams, ResourceRow & { serial: number }>((db, param) =>
    db
      .selectFrom("resources")
      .select([...COLUMNS, "serial"])
      .where("user", "=", param("user"))
      .where("serial", ">", param("after"))
      .orderBy("serial")
      .limit(param("most")),
  ),
  listOfUser: store.query<PageParams, ResourceId & { serial: number }>((db, param) =>
    db
      .selectFrom("resources")
      .select(["type", "resource", "serial"])
      .where("user", "=", param("user"))
      .where("serial", ">", param("after"))
      .orderBy("serial")
      .limit(param("most")),
  ),
  pools: store.query<Record<never, never>, PoolRow>((db) =>
    db.selectFrom("pools").selectAll().orderBy("serial"),
  ),
});
