/** Advisory locks (PostgreSQL's manual, 13.3.5): how they are numbered, and the sessions that hold named ones. */
import { createHash } from "node:crypto";
import { StoreUnavailable } from "../../base/store-errors.ts";
import type { StoreLock } from "../store.ts";
import type { Connector } from "./connector.ts";

/** The two keys of the lock that every writing transaction takes. Named locks have one key, of another space. */
export const WRITE_LOCK = "1819239271, 1";

/**
 * How long the server may take to find that the holder before is gone: a daemon that was killed a moment ago is not in
 * the way of the next one.
 */
const PATIENCE_MS = 2_000;
const HEARTBEAT_MS = 5_000;

/** Takes a named lock, on a session of its own; null when another session holds it. Errors: `StoreUnavailable`. */
export async function takeNamedLock(connector: Connector, name: string): Promise<StoreLock | null> {
  const session = await connector.open({ statementTimeoutMs: PATIENCE_MS, heartbeatMs: HEARTBEAT_MS });
  try {
    await session.query("select pg_advisory_lock($1::bigint)", [keyOf(name)]);
  } catch (error) {
    await session.end();
    if (error instanceof StoreUnavailable && error.reason === "late") return null;
    throw error;
  }
  const lost = Promise.withResolvers<Error>();
  let released = false;
  void session.lost.then((reason) => released || lost.resolve(reason));
  return {
    lost: lost.promise,
    async release() {
      released = true;
      // The answer says that the lock is free, which the end of the connection would not; where there is
      // no answer, the server frees the lock by itself once it notices.
      await session.query("select pg_advisory_unlock_all()").catch(() => {});
      await session.end();
    },
  };
}

function keyOf(name: string): string {
  return createHash("sha256").update(name).digest().readBigInt64BE().toString();
}
