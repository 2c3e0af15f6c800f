/**
 * QMP, the protocol in which QEMU and its storage daemon are spoken to: a line of JSON each way
 * (QEMU docs/interop/qmp-spec). One client at a time holds the socket. Several commands may be in flight together: each
 * bears an `id`, and its answer the same one, so that an answer that comes too late is taken for no other's.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { DeadlineExceeded } from "../../base/deadline.ts";

/** QEMU refused a command; `errorClass` is QMP's (`GenericError`, `DeviceNotFound`, …). */
export class QmpError extends Error {
  readonly errorClass: string;

  constructor(command: string, errorClass: string, description: string) {
    super(`${command}: ${description}`);
    this.name = "QmpError";
    this.errorClass = errorClass;
  }
}

/** The connection ended before the command was answered. */
export class ConnectionLost extends Error {
  constructor(command: string, cause: Error | null = null) {
    const why = cause === null ? "" : `, since ${cause.message}`;
    super(`${command}: the connection was lost${why}`, { cause });
    this.name = "ConnectionLost";
  }
}

export type QmpEvent = {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly timestamp: { readonly seconds: number; readonly microseconds: number };
};

export type Qmp = {
  /**
   * Executes a command and answers its `return`; the caller states its shape. Errors: QmpError, ConnectionLost;
   * DeadlineExceeded, which names the command and the peer: whether the command is executed is then unknown.
   */
  execute<T = unknown>(command: string, args?: object, deadlineMs?: number): Promise<T>;
  /** Settles when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
  /** Ends the connection; whoever still waits for an answer is told the reason. */
  close(reason?: Error): void;
};

/** How long the peer may take to greet. */
const GREETING_MS = 10_000;
/** How long a command may take where its caller does not say. */
const COMMAND_MS = 5_000;
/** More commands than this are never in flight together, but by a defect. */
const MOST_PENDING = 1_000;

type Pending = { command: string; resolve(value: unknown): void; reject(error: Error): void };
type Message = {
  QMP?: unknown;
  return?: unknown;
  error?: { class: string; desc: string };
  id?: unknown;
  event?: string;
  data?: Record<string, unknown>;
  timestamp?: QmpEvent["timestamp"];
};

/**
 * Connects to a QMP socket and negotiates (`qmp_capabilities`). `onEvent` sees every event from then on.
 *
 * @param deadlineMs how long that may take in all
 * @param peer who is spoken to, as errors name it
 *
 * Errors: the socket's own (`ENOENT`, `ECONNREFUSED`), ConnectionLost, or DeadlineExceeded for a peer that does not greet.
 */
export async function connectQmp(
  socketPath: string,
  onEvent: (event: QmpEvent) => void = () => {},
  deadlineMs = GREETING_MS,
  peer = socketPath,
): Promise<Qmp> {
  const socket = connect(socketPath);
  const late = new DeadlineExceeded(`the QMP greeting of ${peer}`, deadlineMs);
  const timer = setTimeout(() => socket.destroy(late), deadlineMs);
  try {
    await once(socket, "connect");
    const connection = new Connection(socket, peer, onEvent);
    await connection.greeted;
    await connection.execute("qmp_capabilities", {}, deadlineMs);
    return connection;
  } catch (error) {
    socket.destroy();
    throw socket.errored ?? error;
  } finally {
    clearTimeout(timer);
  }
}

class Connection implements Qmp {
  readonly closed: Promise<void>;
  /** Rejected when the connection ends before. */
  readonly greeted: Promise<void>;
  readonly #socket: Socket;
  readonly #peer: string;
  readonly #onEvent: (event: QmpEvent) => void;
  readonly #greeting = Promise.withResolvers<void>();
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #reason: Error | null = null;

  constructor(socket: Socket, peer: string, onEvent: (event: QmpEvent) => void) {
    this.#socket = socket;
    this.#peer = peer;
    this.#onEvent = onEvent;
    this.greeted = this.#greeting.promise;
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    this.closed = closed;
    socket.once("close", () => {
      this.#greeting.reject(new ConnectionLost("the greeting"));
      for (const { command, reject } of this.#pending.values()) {
        reject(new ConnectionLost(command, this.#reason));
      }
      this.#pending.clear();
      resolve();
    });
    // The end of the connection is told by "close"; what broke it adds nothing to that.
    const end = () => socket.destroy();
    socket.on("error", end);
    const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY });
    lines.on("error", end).on("line", (line) => this.#read(line));
  }

  execute<T = unknown>(command: string, args: object = {}, deadlineMs = COMMAND_MS): Promise<T> {
    if (this.#socket.destroyed) return Promise.reject(new ConnectionLost(command));
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
    this.#pending.set(id, { command, resolve: (value) => resolve(value as T), reject });
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    return promise.finally(() => clearTimeout(timer));
  }

  close(reason?: Error): void {
    this.#reason ??= reason ?? null;
    this.#socket.destroy();
  }

  #read(line: string): void {
    if (line === "") return;
    const message = parse(line);
    if (message === null) {
      // Whoever speaks like that is no QEMU any more.
      this.close();
    } else if (message.event !== undefined && message.timestamp !== undefined) {
      this.#onEvent({ event: message.event, data: message.data ?? {}, timestamp: message.timestamp });
    } else if (message.QMP !== undefined) {
      this.#greeting.resolve();
    } else {
      this.#answer(message);
    }
  }

  /** An answer to a command that nobody waits for any more is none. */
  #answer({ id, error, return: value }: Message): void {
    const request = typeof id === "number" ? this.#pending.get(id) : undefined;
    if (request === undefined) return;
    this.#pending.delete(id as number);
    if (error === undefined) request.resolve(value);
    else request.reject(new QmpError(request.command, error.class, error.desc));
  }
}

function parse(line: string): Message | null {
  try {
    return JSON.parse(line) as Message | null;
  } catch {
    return null;
  }
}
