/**
 * QMP, the protocol in which QEMU and its storage daemon are spoken to: a line of JSON each way
 * (QEMU docs/interop/qmp-spec). One client at a time holds the socket; commands may be in flight together, answered in
 * order.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";

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
  constructor(command: string) {
    super(`${command}: the connection was lost`);
    this.name = "ConnectionLost";
  }
}

export type QmpEvent = {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly timestamp: { readonly seconds: number; readonly microseconds: number };
};

export type Qmp = {
  /** Executes a command and answers its `return`; the caller states its shape. Errors: QmpError, ConnectionLost. */
  execute<T = unknown>(command: string, args?: object): Promise<T>;
  /** Settles when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
  close(): void;
};

type Pending = { command: string; resolve(value: unknown): void; reject(error: Error): void };
type Message = {
  QMP?: unknown;
  return?: unknown;
  error?: { class: string; desc: string };
  event?: string;
  data?: Record<string, unknown>;
  timestamp?: QmpEvent["timestamp"];
};

/**
 * Connects to a QMP socket and negotiates (`qmp_capabilities`). `onEvent` sees every event from then on. Errors: the
 * socket's own (`ENOENT`, `ECONNREFUSED`), or a peer that does not greet within `timeoutMs`.
 */
export async function connectQmp(
  socketPath: string,
  onEvent: (event: QmpEvent) => void = () => {},
  timeoutMs = 10_000,
): Promise<Qmp> {
  const socket = connect(socketPath);
  await once(socket, "connect");
  const pending: Pending[] = [];
  let greeted: (() => void) | undefined;
  const greeting = new Promise<void>((resolve, reject) => {
    greeted = resolve;
    socket.once("close", () => reject(new Error(`${socketPath} closed before it greeted`)));
  });
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      for (const { command, reject } of pending.splice(0)) reject(new ConnectionLost(command));
      resolve();
    });
  });
  // The end of the connection is told by "close"; what broke it adds nothing to that.
  const end = () => socket.destroy();
  socket.on("error", end);
  const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on("error", end).on("line", (line) => {
    if (line === "") return;
    const message = parse(line);
    if (message === null) {
      // Whoever speaks like that is no QEMU any more.
      end();
    } else if (message.event !== undefined && message.timestamp !== undefined) {
      onEvent({ event: message.event, data: message.data ?? {}, timestamp: message.timestamp });
    } else if (message.QMP !== undefined) {
      greeted?.();
    } else {
      const request = pending.shift();
      if (message.error === undefined) request?.resolve(message.return);
      else request?.reject(new QmpError(request.command, message.error.class, message.error.desc));
    }
  });

  const execute = <T>(command: string, args?: object) =>
    new Promise<T>((resolve, reject) => {
      if (socket.destroyed) {
        reject(new ConnectionLost(command));
        return;
      }
      pending.push({ command, resolve: (value) => resolve(value as T), reject });
      socket.write(`${JSON.stringify({ execute: command, arguments: args ?? {} })}\n`);
    });

  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  try {
    await greeting;
    await execute("qmp_capabilities");
  } finally {
    clearTimeout(timer);
  }
  return { execute, closed, close: () => socket.destroy() };
}

function parse(line: string): Message | null {
  try {
    return JSON.parse(line) as Message | null;
  } catch {
    return null;
  }
}
