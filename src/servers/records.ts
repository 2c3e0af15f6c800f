/** Servers as they stand in the store: the queries that read them, compiled once. */
import { authorize } from "../api/authorize.ts";
import { readOr, type Unreadable } from "../api/unreadable.ts";
import type { UserId } from "../base/ids.ts";
import { inSlices } from "../base/slices.ts";
import type { Store } from "../store/store.ts";
import {
  accessedServer,
  noSuchServer,
  SERVER_COLUMNS,
  type Server,
  type ServerRow,
  serverOf,
} from "./server.ts";

export type UnreadableServer = Unreadable<Pick<Server, "uuid" | "user">>;

/** How many rows one query reads: an embedded store does nothing else meanwhile. */
const PAGE = 500;

/** How many servers are kept as they were read; then all are forgotten. */
const MOST_RECENT = 20_000;

/**
 * Servers as they were read and committed. A row's revision changes with every change of it, whichever process makes
 * it: what was read of a revision holds for that.
 */
class RecentServers {
  readonly #servers = new Map<string, Server>();

  of(row: ServerRow): Server {
    const known = this.#servers.get(row.uuid);
    if (known?.revision === row.revision && known.generation === row.generation) return known;
    const server = serverOf(row);
    if (this.#servers.size >= MOST_RECENT) this.#servers.clear();
    this.#servers.set(row.uuid, server);
    return server;
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
  async own(uuid: string, user: UserId): Promise<Server> {
    return this.#recent.of(ownRow(uuid, user, await this.#queries.byUuid({ uuid })));
  }

  /** The user's servers, oldest first; a damaged one does not hide the others. */
  async ofUser(user: UserId): Promise<readonly (Server | UnreadableServer)[]> {
    const slices = await inSlices(await this.#rowsOfUser(user), (slice) =>
      slice.map((row) => readOr({ uuid: row.uuid, user }, () => this.#recent.of(row))),
    );
    return slices.flat();
  }

  /** The server, whosever it is and whatever is being done with it; null when there is none. */
  async find(uuid: string): Promise<Server | null> {
    const [row] = await this.#queries.byUuid({ uuid });
    return row === undefined ? null : this.#recent.of(row);
  }

  async #rowsOfUser(user: UserId): Promise<readonly ServerRow[]> {
    const rows: ServerRow[] = [];
    for (let after = -1; ; ) {
      const page = await this.#queries.pageOfUser({ user, after });
      rows.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return rows;
      after = last.serial;
    }
  }
}

const queries = (store: Store) => ({
  byUuid: store.query<{ uuid: string }, ServerRow>((db, param) =>
    db.selectFrom("servers").select(SERVER_COLUMNS).where("uuid", "=", param("uuid")),
  ),
  pageOfUser: store.query<{ user: string; after: number }, ServerRow & { serial: number }>((db, param) =>
    db
      .selectFrom("servers")
      .select([...SERVER_COLUMNS, "serial"])
      .where("user", "=", param("user"))
      .where("serial", ">", param("after"))
      .where("phase", "not in", ["creating", "destroying"])
      .orderBy("serial")
      .limit(PAGE),
  ),
});

/** Errors: `missing`. */
function ownRow(uuid: string, user: UserId, [row]: readonly ServerRow[]): ServerRow {
  const isThere = row !== undefined && row.phase !== "creating" && row.phase !== "destroying";
  if (!isThere) throw noSuchServer(uuid);
  authorize({ user }, "change", accessedServer(row));
  return row;
}
