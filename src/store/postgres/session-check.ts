/**
 * Whether a connection is a session: locks, listening and what else belongs to one must stay with it. Behind a pooler
 * that lends a server's session for one transaction only (PgBouncer's `pool_mode = transaction`) they do not, and
 * no error would say so.
 */
import { usage } from "../../base/errors.ts";
import type { Connector } from "./connector.ts";
import type { Session, SessionOptions } from "./session.ts";

/**
 * Opens two connections that are sessions. Errors: `usage` when one connection is served by one session of the server, and
 * then, as another connection holds that in a transaction, by another. `StoreUnavailable`.
 */
export async function openSessions(
  connector: Connector,
  options: SessionOptions,
): Promise<readonly Session[]> {
  const sessions: Session[] = [];
  const open = async () => {
    const session = await connector.open(options);
    sessions.push(session);
    return session;
  };
  try {
    const [one, other] = [await open(), await open()];
    const before = await backendOf(one);
    await other.script("begin; select 1");
    const after = await backendOf(one);
    if (before === after) {
      await other.script("rollback");
      return sessions;
    }
    throw usage(
      "the database is behind a connection pooler in transaction mode: give the server's own address, or that of a pooler in session mode",
    );
  } catch (error) {
    for (const session of sessions) await session.end();
    throw error;
  }
}

async function backendOf(session: Session): Promise<number | undefined> {
  const [row] = await session.rows<{ pid: number }>("select pg_backend_pid() as pid");
  return row?.pid;
}
