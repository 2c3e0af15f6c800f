/** Servers as they stand in the store: the queries that read them, compiled once. */
import type { UserId } from "../base/ids.ts";
import type { Store } from "../store/store.ts";
import { noSuchServer, type Server, type ServerRow, serverOf } from "./server.ts";

const COLUMNS = ["uuid", "user", "phase", "config", "run", "last_address"] as const;

export type ServerRecords = {
  /** A server of the user's own. Errors: `missing`. */
  own(uuid: string, user: UserId): Promise<Server>;
  /** The user's servers, oldest first. */
  ofUser(user: UserId): Promise<readonly Server[]>;
};

/** Servers that are being made or destroyed are not there for anybody. */
export function serverRecords(store: Store): ServerRecords {
  const byUuid = store.query<{ uuid: string; user: string }, ServerRow>((db, param) =>
    db
      .selectFrom("servers")
      .select(COLUMNS)
      .where("uuid", "=", param("uuid"))
      .where("user", "=", param("user"))
      .where("phase", "not in", ["creating", "destroying"]),
  );
  const byUser = store.query<{ user: string }, ServerRow>((db, param) =>
    db
      .selectFrom("servers")
      .select(COLUMNS)
      .where("user", "=", param("user"))
      .where("phase", "not in", ["creating", "destroying"])
      .orderBy("serial"),
  );
  return {
    async own(uuid, user) {
      const [row] = await byUuid({ uuid, user });
      if (row === undefined) throw noSuchServer(uuid);
      return serverOf(row);
    },
    ofUser: async (user) => (await byUser({ user })).map(serverOf),
  };
}
