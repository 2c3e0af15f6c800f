/**
 * QMP, the protocol in which QEMU and its storage daemon are spoken to: a line of JSON each way
 * (QEMU docs/interop/qmp-spec). One client at a time holds the socket. Several commands may be in flight together: each
 * bears an `id`, and its answer the same one, so that an answer that comes too late is taken for no other's.
 *
 * A guest may have broken out into its QEMU: whatever that says costs a bounded share of memory and time. A line has a
 * longest length; bytes are read at a bounded rate, and so are messages that nobody asked for: those beyond it are passed
 * over, as events that were lost. What no QEMU says ends the connection.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { z } from "zod";
import { DeadlineExceeded } from "../../base/deadline.ts";
import { sentenceOf } from "../../base/errors.ts";
import { TokenBucket } from "../../base/token-bucket.ts";
import { Lines } from "./lines.ts";
import { ConnectionLost, Nonsense, QmpError } from "./qmp-errors.ts";
import { type Message, parseMessage, type QmpEvent, unlike } from "./qmp-message.ts";

export { ConnectionLost, Nonsense, QmpError } from "./qmp-errors.ts";
export type { QmpEvent } from "./qmp-message.ts";

/** What a caller says of the answer that they want. */
export type Asked<T> = {
  /** How long the answer may take. */
  readonly deadlineMs?: number | undefined;
  /** The form of `return`; absent: nobody reads it. */
  readonly form?: z.ZodType<T>;
};

export type Qmp = {
  /**
   * Executes a command and answers its `return`, which has the form that was asked for. Errors: QmpError, ConnectionLost;
   * DeadlineExceeded, which names the command and the peer: whether the command is executed is then unknown; Nonsense,
   * the answer has another form, and the connection has ended.
   */
  execute<T = unknown>(command: string, args?: object, asked?: Asked<T>): Promise<T>;
  /** Settles when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
  /** Why it was ended from here; null where the peer ended it, or nobody did. */
  readonly fault: Error | null;
  /** Ends the connection; whoever still waits for an answer is told the reason. */
  close(reason?: Error): void;
};

export type QmpOptions = {
  /** Sees every event from the negotiation on. */
  readonly onEvent?: (event: QmpEvent) => void;
  /** How long the connection may take in all, in milliseconds. */
  readonly deadlineMs?: number | undefined;
  /** Who is spoken to, as errors name it. */
  readonly peer?: string;
  /** How long a line may be. */
  readonly mostLineBytes?: number;
};

/** How long the peer may take to greet. */
const GREETING_MS = 10_000;
/** How long a command may take where its caller does not say. */
const COMMAND_MS = 5_000;
/** More commands than this are never in flight together, but by a defect. */
const MOST_PENDING = 1_000;
/**
 * Five times the longest that a QEMU says to any query: 207 KB to `query-qmp-schema`. Of what is asked here
 * `query-blockstats` is the longest, 20 KB for 28 drives.
 */
const MOST_LINE_BYTES = 1024 * 1024;
/** What is read in a minute, and at most at once. A QEMU of 28 drives whose counters are polled without a pause says 47 MB. */
const BYTES_A_MINUTE = 64 * 1024 * 1024;
/** How many messages that nobody asked for are looked at in a minute, and at most at once: events, for the most part. */
const UNASKED_A_MINUTE = 30_000;
const CARRIAGE_RETURN = 0x0d;
/** Every answer bears one. */
const ID = Buffer.from('"id"');

/** What was just read; it is dealt with before anything else is, so one buffer serves all connections. */
const RECEIVED = Buffer.allocUnsafeSlow(64 * 1024);

type Pending = {
  readonly command: string;
  readonly form: z.ZodType<unknown> | undefined;
  resolve(value: unknown): void;
  reject(error: Error): void;
};

/**
 * Connects to a QMP socket and negotiates (`qmp_capabilities`).
 *
 * Errors: the socket's own (`ENOENT`, `ECONNREFUSED`), ConnectionLost, or DeadlineExceeded for a peer that does not greet;
 * Nonsense for one that is no QEMU.
 */
export async function connectQmp(socketPath: string, options: QmpOptions = {}): Promise<Qmp> {
  const { deadlineMs = GREETING_MS, peer = socketPath } = options;
  const connection = new Connection(socketPath, { ...options, peer });
  const late = new DeadlineExceeded(`the QMP greeting of ${peer}`, deadlineMs);
  const timer = setTimeout(() => connection.close(late), deadlineMs);
  try {
    await connection.connected;
    await connection.greeted;
    await connection.execute("qmp_capabilities", {}, { deadlineMs });
    return connection;
  } catch (error) {
    connection.close();
    throw connection.fault ?? error;
  } finally {
    clearTimeout(timer);
  }
}

class Connection implements Qmp {
  readonly closed: Promise<void>;
  /** Rejected when there is nobody at the socket. */
  readonly connected: Promise<unknown>;
  /** Rejected when the connection ends before. */
  readonly greeted: Promise<void>;
  readonly #socket: Socket;
  readonly #peer: string;
  readonly #onEvent: (event: QmpEvent) => void;
  readonly #greeting = Promise.withResolvers<void>();
  readonly #pending = new Map<number, Pending>();
  readonly #lines: Lines;
  readonly #bytes = new TokenBucket(BYTES_A_MINUTE, performance.now());
  readonly #unasked = new TokenBucket(UNASKED_A_MINUTE, performance.now());
  #lastId = 0;
  #fault: Error | null = null;

  constructor(socketPath: string, options: QmpOptions & { readonly peer: string }) {
    const { peer, onEvent = () => {}, mostLineBytes = MOST_LINE_BYTES } = options;
    this.#peer = peer;
    this.#onEvent = onEvent;
    this.#lines = new Lines(mostLineBytes);
    this.greeted = this.#greeting.promise;
    // Where there is no connection, nobody awaits a greeting.
    this.greeted.catch(() => {});
    this.#socket = connect({
      path: socketPath,
      onread: { buffer: RECEIVED, callback: (count) => this.#receive(RECEIVED.subarray(0, count)) },
    });
    this.connected = once(this.#socket, "connect");
    // One that is closed before it came about says nothing of it.
    this.connected.catch(() => {});
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    this.closed = closed;
    this.#socket.once("close", () => {
      this.#greeting.reject(new ConnectionLost("the greeting", this.#fault));
      for (const { command, reject } of this.#pending.values()) {
        reject(new ConnectionLost(command, this.#fault));
      }
      this.#pending.clear();
      resolve();
    });
    // The end of the connection is told by "close"; what broke it adds nothing to that.
    this.#socket.on("error", () => this.#socket.destroy());
  }

  get fault(): Error | null {
    return this.#fault;
  }

  execute<T = unknown>(command: string, args: object = {}, asked: Asked<T> = {}): Promise<T> {
    const { deadlineMs = COMMAND_MS, form } = asked;
    if (this.#socket.destroyed) return Promise.reject(new ConnectionLost(command, this.#fault));
    if (this.#pending.size >= MOST_PENDING) {
      return Promise.reject(new Error(`${command}: too many commands wait for ${this.#peer}`));
    }
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const timer = setTimeout(() => {
      const late = new DeadlineExceeded(`the answer of ${this.#peer} to ${command}`, deadlineMs);
      this.#pending.get(id)?.reject(late);
      this.#pending.delete(id);
    }, deadlineMs);
    this.#pending.set(id, { command, form, resolve: (value) => resolve(value as T), reject });
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    return promise.finally(() => clearTimeout(timer));
  }

  close(reason?: Error): void {
    if (this.#socket.destroyed) return;
    this.#fault = reason ?? null;
    // Whoever waits for it to come about is told at once.
    this.#socket.destroy(this.#socket.connecting ? (reason ?? new ConnectionLost("connecting")) : undefined);
  }

  /** Answers whether more is to be read at once. */
  #receive(bytes: Buffer): boolean {
    try {
      for (const line of this.#lines.add(bytes)) {
        if (this.#socket.destroyed) return false;
        this.#read(line);
      }
    } catch (cause) {
      // A line that is too long; and a defect in what hears events, which costs this connection and nothing else.
      this.close(new Nonsense(this.#peer, sentenceOf(cause), { cause }));
    }
    this.#bytes.charge(bytes.length, performance.now());
    const waitMs = this.#bytes.take(0, performance.now());
    if (waitMs === 0 || this.#socket.destroyed) return true;
    setTimeout(() => this.#socket.resume(), waitMs).unref();
    return false;
  }

  #read(line: Buffer): void {
    if (line.length === 0 || (line.length === 1 && line[0] === CARRIAGE_RETURN)) return;
    const isAnswer = this.#pending.size > 0 && line.includes(ID);
    if (!isAnswer && this.#unasked.take(1, performance.now()) > 0) return;
    const message = parseMessage(line.toString());
    if (message === null) this.close(new Nonsense(this.#peer, "a line is no message of QMP"));
    else if (message.is === "event") this.#onEvent(message.event);
    else if (message.is === "greeting") this.#greeting.resolve();
    else this.#answer(message);
  }

  /** An answer to a command that nobody waits for any more is none. */
  #answer(message: Exclude<Message, { is: "event" | "greeting" }>): void {
    const request = message.id === null ? undefined : this.#pending.get(message.id);
    if (message.id === null || request === undefined) return;
    this.#pending.delete(message.id);
    const { command, form, resolve, reject } = request;
    if (message.is === "refusal") {
      reject(new QmpError(command, message.error.class, message.error.desc));
      return;
    }
    const judged = form?.safeParse(message.value);
    if (judged === undefined || judged.success) {
      resolve(judged === undefined ? message.value : judged.data);
      return;
    }
    const nonsense = new Nonsense(this.#peer, `the answer to ${command}: ${unlike(judged.error)}`);
    reject(nonsense);
    this.close(nonsense);
  }
}
