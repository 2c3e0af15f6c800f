/**
 * One connection to a PostgreSQL server, from its start to its end. It never reconnects by itself, since what a session
 * has (a transaction, locks, what it listens to) is gone with it; and nothing that is asked of it takes longer than a
 * deadline, also of a server that has stopped without a word.
 */
import { once } from "node:events";
import { connect as openSocket, type Socket } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import postgres from "postgres";
import { StoreFull, StoreUnavailable } from "../../base/store-errors.ts";
import { type Address, addressText, type DatabaseUrl } from "./database-url.ts";

const CONNECT_TIMEOUT_MS = 5_000;
/** The server's own limit comes first: this one is for a server that says nothing. */
const SILENCE_MS = 2_000;
/** After how long a server gives up a client that has lost its power or its network, transaction, locks and all. */
const DEAD_CLIENT_MS = 10_000;

export type SessionOptions = {
  /** For one statement, the wait for locks included. */
  readonly statementTimeoutMs: number;
  /** Ask the server for a sign of life this often, for sessions that are idle for long. */
  readonly heartbeatMs?: number;
  /** Called with each notification. */
  readonly onNotify?: (payload: string) => void;
};

export type Answer<Row> = {
  readonly rows: Row[];
  /** How many rows a change concerned; null for statements that concern none. */
  readonly count: number | null;
  /** What was done, such as `COMMIT`. */
  readonly command: string;
};

/** SQLSTATEs (PostgreSQL's manual, appendix A) after which the session is gone, or of no use any more. */
const LOST = /^(08|57P|53300$|25006$|25P03$)/;
/** The disk of the server is full (disk_full). */
const FULL = "53100";
/** Statement timeout and lock timeout. */
const LATE = /^(57014|55P03)$/;

export class Session {
  readonly #address: Address;
  readonly #client: postgres.Sql;
  readonly #silenceMs: number;
  readonly #ended = Promise.withResolvers<Error>();
  #socket: Socket | null = null;
  #lost: StoreUnavailable | null = null;
  #heartbeat: NodeJS.Timeout | undefined;

  /** Errors: `StoreUnavailable`, also where the server refuses the user or takes no writes although they are wanted. */
  static async open(url: DatabaseUrl, address: Address, options: SessionOptions): Promise<Session> {
    const session = new Session(url, address, options);
    try {
      const [row] = await session.rows<{ version: number; read_only: string }>(
        `select ${settings(options)}, current_setting('server_version_num')::int as version,
          current_setting('transaction_read_only') as read_only`,
      );
      if ((row?.version ?? 0) < 140_000) throw session.#unavailable("it is older than PostgreSQL 14");
      if (url.sessionAttributes === "read-write" && row?.read_only !== "off") {
        throw session.#unavailable("it takes no writes");
      }
      return session;
    } catch (error) {
      await session.end();
      throw session.#explained(error);
    }
  }

  private constructor(url: DatabaseUrl, address: Address, options: SessionOptions) {
    this.#address = address;
    this.#silenceMs = options.statementTimeoutMs + SILENCE_MS;
    const own = {
      ...clientOptions(url, address),
      socket: () => this.#connect(),
      onnotify: (_channel: string, payload: string) => options.onNotify?.(payload),
      onclose: () => this.#lose(this.#unavailable("the connection was lost")),
    };
    // The driver's types leave out `socket` and `onnotify`.
    this.#client = postgres(own as postgres.Options<Record<string, postgres.PostgresType>>);
    if (options.heartbeatMs !== undefined) {
      // What it finds is that the session is lost, and `lost` says so.
      this.#heartbeat = setInterval(() => this.rows("select 1").catch(() => {}), options.heartbeatMs).unref();
    }
  }

  /** Settles with the reason when the session has ended, by itself or by `end`. */
  get lost(): Promise<Error> {
    return this.#ended.promise;
  }

  get isOpen(): boolean {
    return this.#lost === null;
  }

  /**
   * Runs one statement, prepared once. Several may be under way; they are answered in their order. Errors:
   * `StoreUnavailable`; `StoreFull`; the server's own (`postgres.PostgresError`), with which the session is as good as before.
   */
  async query<Row>(statement: string, values: readonly unknown[] = []): Promise<Answer<Row>> {
    return this.#answer<Row>(
      this.#client.unsafe(statement, values as never[], { prepare: true, simple: false } as object),
    );
  }

  /** The rows of one statement. Errors: as `query`. */
  async rows<Row>(statement: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.query<Row>(statement, values)).rows;
  }

  /** Sends several statements without parameters in one message, for the sake of one round trip. Errors: as `query`. */
  async script(statements: string): Promise<void> {
    await this.#answer(this.#client.unsafe(statements));
  }

  /** Ends the session; whatever is under way in it fails. */
  async end(): Promise<void> {
    this.#lose(this.#unavailable("the connection was closed"));
  }

  async #answer<Row>(pending: PromiseLike<unknown>): Promise<Answer<Row>> {
    if (this.#lost !== null) throw this.#lost;
    const timer = setTimeout(() => this.#lose(this.#unavailable("it does not answer")), this.#silenceMs);
    try {
      const result = (await pending) as Row[] & { count: number | null; command: string };
      return { rows: Array.from(result), count: result.count, command: result.command };
    } catch (error) {
      throw this.#explained(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** What the driver calls to connect; it does so again when the server hangs up on it. */
  async #connect(): Promise<Socket> {
    if (this.#socket !== null || this.#lost !== null) throw this.#unavailable("it closed the connection");
    const { path } = this.#address;
    const socket = path === undefined ? openSocket(this.#address) : openSocket(path);
    this.#socket = socket;
    socket.setNoDelay(true);
    // The driver takes the name that the server's certificate must bear from here.
    Object.assign(socket, this.#address);
    try {
      await once(socket, "connect", { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
    } catch (cause) {
      socket.destroy();
      const { name, message } = cause as Error;
      throw this.#unavailable(name === "AbortError" ? "it does not answer" : message, cause);
    }
    return socket;
  }

  #lose(reason: StoreUnavailable): void {
    if (this.#lost !== null) return;
    this.#lost = reason;
    clearInterval(this.#heartbeat);
    // The driver then fails whatever is under way.
    this.#socket?.destroy();
    this.#ended.resolve(reason);
  }

  #explained(error: unknown): unknown {
    if (error instanceof StoreUnavailable) return error;
    if (this.#lost !== null) return this.#lost;
    if (error instanceof RangeError) return error;
    const { code = "", message, severity_local } = error as Partial<postgres.PostgresError>;
    const fatal = severity_local === "FATAL" || severity_local === "PANIC";
    if (code === FULL && !fatal) return new StoreFull({ cause: error });
    if (LATE.test(code)) return this.#unavailable(`${message}`, error, "late");
    if (error instanceof postgres.PostgresError && !fatal && !LOST.test(code)) return error;
    const lost = this.#unavailable(`${message}`, error);
    this.#lose(lost);
    return lost;
  }

  #unavailable(what: string, cause?: unknown, reason: "lost" | "late" = "lost"): StoreUnavailable {
    return new StoreUnavailable(reason, `the database at ${addressText(this.#address)}: ${what}`, { cause });
  }
}

/** Numbers of 64 bits and sums come as numbers; SQL's text is not touched otherwise. */
const TYPES = {
  bigint: { to: 20, from: [20, 1700], parse: safeInteger, serialize: (value: unknown) => String(value) },
};

function safeInteger(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`the database has the number ${text}`);
  return number;
}

/** SQL that sets what the session is to have; poolers refuse it where connections are opened. */
function settings({ statementTimeoutMs }: SessionOptions): string {
  return Object.entries({
    statement_timeout: statementTimeoutMs,
    lock_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    tcp_user_timeout: DEAD_CLIENT_MS,
    tcp_keepalives_idle: DEAD_CLIENT_MS / 2000,
    tcp_keepalives_interval: 1,
    tcp_keepalives_count: DEAD_CLIENT_MS / 2000,
  })
    .map(([name, value]) => `set_config('${name}', '${value}', false)`)
    .join(", ");
}

function clientOptions(url: DatabaseUrl, address: Address) {
  const { user, password, database } = url;
  return {
    ...(address.path === undefined ? { host: address.host, port: address.port } : { path: address.path }),
    ...{ user, password, database, max: 1, ssl: tlsOptions(url, address) },
    ...{
      idle_timeout: 0,
      max_lifetime: null,
      connect_timeout: CONNECT_TIMEOUT_MS / 1000,
      fetch_types: false,
    },
    types: TYPES,
    // Notices are for people at a prompt.
    onnotice: () => {},
    connection: { application_name: "lodge" },
  };
}

function tlsOptions({ tls, rootCertificates }: DatabaseUrl, address: Address) {
  if (tls === "disable" || address.path !== undefined) return false;
  if (tls !== "verify-full") return tls;
  const { host } = address;
  return {
    rejectUnauthorized: true,
    // Node would check the certificate of a server that is named by its address for "localhost".
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
    ...(rootCertificates === null ? {} : { ca: rootCertificates }),
  };
}
