/** Servers as they stand in the store: the queries that read them, compiled once. */
import type { Selectable } from "kysely";
import { MOST_KEPT_BYTES } from "../api/attributes.ts";
import { authorize } from "../api/authorize.ts";
import { readOr, type Unreadable } from "../api/unreadable.ts";
import type { UserId } from "../base/ids.ts";
import { mapPages, pagesOf } from "../base/pages.ts";
import { type Soon, whenThere } from "../base/soon.ts";
import { type PageParams, RecentObjects, type Revision } from "../store/recent-objects.ts";
import type { Store } from "../store/store.ts";
import type { ServersTable } from "../store/tables.ts";
import {
  accessedServer,
  noSuchServer,
  SERVER_COLUMNS,
  type Server,
  type ServerRow,
  serverOf,
} from "./server.ts";

export type UnreadableServer = Unreadable<Pick<Server, "uuid" | "user">>;

/** What of a server a list answers. */
export type ListedServer = Pick<Selectable<ServersTable>, "uuid" | "cpu_mhz" | "mem_mib">;

/** About what a row of a list has. */
const LISTED_BYTES = 100;

/** Servers that are being made or destroyed are not there for users. */
export class ServerRecords {
  readonly #recent = new RecentObjects({
    read: serverOf,
    charactersIn: ({ config }: ServerRow) => config.length,
    // Earlier versions took longer ones.
    isKept: ({ config }) => config.length <= MOST_KEPT_BYTES,
  });
  readonly #queries: ReturnType<typeof queries>;

  constructor(store: Store) {
    this.#queries = queries(store);
  }

  /** Where a server of the user's own is, whatever else is said of it. Errors: `missing`. */
  async locate(uuid: string, user: UserId): Promise<Pick<Server, "uuid" | "host">> {
    return ownRow(uuid, user, await this.#queries.byUuid({ uuid }));
  }

  /** A server of the user's own. Errors: `missing`; `failed` when its row is damaged. */
  own(uuid: string, user: UserId): Soon<Server> {
    return whenThere(this.#queries.byUuid({ uuid }), (rows) => this.#recent.of(ownRow(uuid, user, rows)));
  }

  /** The user's servers, oldest first; a damaged one does not hide the others. */
  ofUser(user: UserId): AsyncIterable<readonly (Server | UnreadableServer)[]> {
    const { revisionsOfUser, pageOfUser } = this.#queries;
    const pages = this.#recent.pages(user, { revisions: revisionsOfUser, rows: pageOfUser }, (row) =>
      readOr({ uuid: row.uuid, user }, () => this.#recent.of(row)),
    );
    return mapPages(pages, (page) => page.map(({ object }) => object));
  }

  /** What a list answers of the user's servers, oldest first: nothing else of them is read. */
  listedOf(user: UserId): AsyncIterable<readonly ListedServer[]> {
    return pagesOf(
      (after, most) => this.#queries.listOfUser({ user, after, most }),
      () => LISTED_BYTES,
    );
  }

  /** The server, whosever it is and whatever is being done with it; null when there is none. */
  async find(uuid: string): Promise<Server | null> {
    const [row] = await this.#queries.byUuid({ uuid });
    return row === undefined ? null : this.#recent.of(row);
  }
}

const queries = (store: Store) => ({
  byUuid: store.query<{ uuid: string }, ServerRow>((db, param) =>
    db.selectFrom("servers").select(SERVER_COLUMNS).where("uuid", "=", param("uuid")),
  ),
  pageOfUser: store.query<PageParams, ServerRow & { serial: number }>((db, param) =>
    db
      .selectFrom("servers")
      .select([...SERVER_COLUMNS, "serial"])
      .where("user", "=", param("user"))
      .where("serial", ">", param("after"))
      .where("phase", "not in", ["creating", "destroying"])
      .orderBy("serial")
      .limit(param("most")),
  ),
  revisionsOfUser: store.query<PageParams, Revision & { serial: number }>((db, param) =>
    db
      .selectFrom("servers")
      .select(["uuid", "revision", "generation", "serial"])
      .where("user", "=", param("user"))
      .where("serial", ">", param("after"))
      .where("phase", "not in", ["creating", "destroying"])
      .orderBy("serial")
      .limit(param("most")),
  ),
  listOfUser: store.query<PageParams, ListedServer & { serial: number }>((db, param) =>
    db
      .selectFrom("servers")
      .select(["uuid", "cpu_mhz", "mem_mib", "serial"])
      .where("user", "=", param("user"))
      .where("serial", ">", param("after"))
      .where("phase", "not in", ["creating", "destroying"])
      .orderBy("serial")
      .limit(param("most")),
  ),
});

/** Errors: `missing`. */
function ownRow(uuid: string, user: UserId, [row]: readonly ServerRow[]): ServerRow {
  const isThere = row !== undefined && row.phase !== "creating" && row.phase !== "destroying";
  if (!isThere) throw noSuchServer(uuid);
  authorize({ user }, "change", accessedServer(row));
  return row;
}
