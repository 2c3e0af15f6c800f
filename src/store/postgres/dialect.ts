/** Kysely's dialect for PostgreSQL on our sessions: how it gets a connection, and how transactions begin and end. */
import {
  AbortedTransactionError,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type DialectAdapter,
  type Driver,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from "kysely";
import { CommitUnknown, StoreUnavailable } from "../../base/store-errors.ts";
import { WRITE_LOCK } from "./advisory-locks.ts";
import type { Session } from "./session.ts";
import type { SessionPool } from "./session-pool.ts";

/** @param pool belongs to who made it, who closes it */
export function postgresDialect(pool: SessionPool): Dialect {
  return {
    createDriver: () => new PostgresDriver(pool),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    // One of each store: what is kept in memory of a store is found by it.
    createAdapter: () => ({ ...ADAPTER }),
    createIntrospector: (db) => new PostgresIntrospector(db),
  };
}

const ADAPTER: DialectAdapter = {
  supportsTransactionalDdl: true,
  supportsReturning: true,
  supportsMultipleConnections: true,
  // Migrations run within a transaction, which has the lock of all that write.
  acquireMigrationLock: async () => {},
  releaseMigrationLock: async () => {},
};

class PostgresConnection implements DatabaseConnection {
  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { rows, count, command } = await this.session.query<Row>(sql, parameters);
    if (count === null || command === "SELECT") return { rows };
    return { rows, numAffectedRows: BigInt(count) };
  }

  streamQuery(): never {
    throw new Error("rows are not streamed");
  }
}

class PostgresDriver implements Driver {
  readonly #pool: SessionPool;

  constructor(pool: SessionPool) {
    this.#pool = pool;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PostgresConnection> {
    return new PostgresConnection(await this.#pool.acquire());
  }

  async beginTransaction(
    { session }: PostgresConnection,
    { accessMode }: TransactionSettings,
  ): Promise<void> {
    const begin =
      accessMode === "read only"
        ? "begin isolation level repeatable read read only"
        : `begin isolation level read committed; select pg_advisory_xact_lock(${WRITE_LOCK})`;
    try {
      await session.script(begin);
    } catch (error) {
      // It may have begun, without the lock.
      await session.end();
      throw error;
    }
  }

  async commitTransaction({ session }: PostgresConnection): Promise<void> {
    const isSent = session.isOpen;
    try {
      const { command } = await session.query("commit");
      // So it answers where a statement failed and the work went on all the same.
      if (command === "ROLLBACK") throw new AbortedTransactionError();
    } catch (cause) {
      if (cause instanceof StoreUnavailable && isSent) {
        await session.end();
        throw new CommitUnknown({ cause });
      }
      throw cause;
    }
  }

  async rollbackTransaction({ session }: PostgresConnection): Promise<void> {
    try {
      await session.query("rollback");
    } catch {
      // The server rolls back what its client leaves; what the transaction failed with is thrown.
      await session.end();
    }
  }

  async releaseConnection({ session }: PostgresConnection): Promise<void> {
    this.#pool.release(session);
  }

  async destroy(): Promise<void> {}
}
