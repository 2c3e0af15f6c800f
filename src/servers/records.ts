/** Servers as they stand in the store: the queries that read them, compiled once. */
import type { Selectable } from "kysely";
import { MOST_KEPT_BYTES } from "../api/attributes.ts";
import { authorize } from "../api/authorize.ts";
import { readOr, type Unreadable } from "../api/unreadable.ts";
import type { UserId } from "../base/ids.ts";
import { mapPages, pagesOf } from "../base/pages.ts";
import { type Soon, whenThere } from "../base/soon.ts";
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

/** A larger configuration, as earlier versions took them, is read anew each time. */
const MOST_CHARACTERS_EACH = MOST_KEPT_BYTES;
/** What the configurations of all that are kept as they were read come to; then those that were read first make way. */
const MOST_CHARACTERS = 16 * 1024 * 1024;

type Revision = Pick<ServerRow, "uuid" | "revision" | "generation">;
/** A server, and how long its configuration is as it is stored. */
type Kept = { readonly server: Server; readonly characters: number };
/** One of a page. */
type Entry = {
  readonly serial: number;
  readonly server: Server | UnreadableServer;
  readonly characters: number;
};

/**
 * Servers as they were read and committed. A row's revision changes with every change of it, whichever process makes
 * it: what was read of a revision holds for that.
 */
class RecentServers {
  readonly #servers = new Map<string, Kept>();
  #characters = 0;

  /** The server as it was read of that revision; null where it is not kept. */
  known({ uuid, revision, generation }: Revision): Kept | null {
    const kept = this.#servers.get(uuid);
    return kept?.server.revision === revision && kept.server.generation === generation ? kept : null;
  }

  of(row: ServerRow): Server {
    const known = this.known(row);
    if (known !== null) return known.server;
    const server = serverOf(row);
    const characters = row.config.length;
    this.#forget(row.uuid);
    if (characters > MOST_CHARACTERS_EACH) return server;
    this.#servers.set(row.uuid, { server, characters });
    this.#characters += characters;
    for (const uuid of this.#servers.keys()) {
      if (this.#characters <= MOST_CHARACTERS) break;
      this.#forget(uuid);
    }
    return server;
  }

  #forget(uuid: string): void {
    this.#characters -= this.#servers.get(uuid)?.characters ?? 0;
    this.#servers.delete(uuid);
  }
}

/** Servers that are being made or destroyed are not there for users. */
export class ServerRecords {
  readonly #recent = new RecentServers();
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
    const entries = pagesOf(
      (after, most) => this.#page({ user, after, most }),
      ({ characters }) => characters,
    );
    return mapPages(entries, (page) => page.map(({ server }) => server));
  }

  /** Who polls all servers finds most of them unchanged: of a page that is known by its revisions nothing else is read. */
  #page(params: PageParams): Soon<readonly Entry[]> {
    return whenThere(this.#queries.revisionsOfUser(params), (revisions) => {
      const known: Entry[] = [];
      for (const row of revisions) {
        const kept = this.#recent.known(row);
        if (kept === null) return this.#readPage(params);
        known.push({ serial: row.serial, ...kept });
      }
      return known;
    });
  }

  #readPage(params: PageParams): Soon<readonly Entry[]> {
    const { user } = params;
    return whenThere(this.#queries.pageOfUser(params), (rows) =>
      rows.map((row) => ({
        serial: row.serial,
        server: readOr({ uuid: row.uuid, user }, () => this.#recent.of(row)),
        characters: row.config.length,
      })),
    );
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

type PageParams = { user: UserId; after: number; most: number };

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
