/**
 * NBD, the protocol in which drives are read and written: a client of one export on a unix socket, with fixed newstyle
 * negotiation, NBD_OPT_GO and simple replies (NBD doc/proto.md).
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { DeadlineExceeded, within } from "../../base/deadline.ts";
import { ConnectionLost, NbdError } from "./nbd-errors.ts";
import { type Export, exportRequest, negotiate } from "./nbd-negotiation.ts";

/** An export of an NBD server on a unix socket. */
export type NbdAddress = { readonly socketPath: string; readonly exportName: string };

/** How long a server may say nothing while it is asked for something, if the caller gives no deadline. */
const DEADLINE_MS = 30_000;
/** So many deadlines a request may take in all, of a server that says a little now and then. */
const MOST_DEADLINES = 10;
const REQUEST_MAGIC = 0x25609513;
const REPLY_MAGIC = 0x67446698;
const REQUEST_BYTES = 28;
const REPLY_BYTES = 16;
const COMMAND = { read: 0, write: 1, disconnect: 2, flush: 3, trim: 4, writeZeroes: 6 } as const;
/** What is written as zeroes keeps its room (NBD_CMD_FLAG_NO_HOLE). */
const NO_HOLE = 1 << 1;

type Command = keyof typeof COMMAND;
type Pending = {
  readonly command: Command;
  readonly target: Buffer | null;
  readonly askedMs: number;
  resolve(): void;
  reject(error: Error): void;
};

/** What a request needs besides its command; absent: none of it. */
type Request = {
  readonly offset?: number;
  readonly length?: number;
  /** What a read fills. */
  readonly target?: Buffer;
  /** What a write sends. */
  readonly chunks?: readonly Uint8Array[];
  readonly onSent?: (() => void) | undefined;
  /** Flags of the command. */
  readonly flags?: number;
};

/**
 * Opens an export.
 *
 * @param deadlineMs after this much time without any progress, while something is asked for, the server is given up: the
 * connection is destroyed, and what is pending fails as DeadlineExceeded. So it is where one request takes ten times that,
 * progress or not. The same for the opening, in all.
 *
 * Errors: the socket's own (`ENOENT`, `ECONNREFUSED`), an export that is unknown, ConnectionLost, DeadlineExceeded.
 */
export async function connectNbd(address: NbdAddress, deadlineMs = DEADLINE_MS): Promise<NbdConnection> {
  const nbd = new NbdConnection(address, deadlineMs);
  const what = `opening export ${address.exportName} of the NBD server at ${address.socketPath}`;
  try {
    await within(deadlineMs, what, nbd.opened());
    return nbd;
  } catch (error) {
    nbd.destroy();
    throw error;
  }
}

/**
 * An open export. Requests are pipelined and answered in any order; how many are in flight is the caller's to bound.
 * Offsets and lengths need no alignment. Errors of every request: NbdError, ConnectionLost, DeadlineExceeded. A server
 * that answers what it was not asked ends the connection.
 */
export class NbdConnection {
  readonly #address: NbdAddress;
  readonly #deadlineMs: number;
  readonly #socket: Socket;
  readonly #opened: Promise<Export>;
  #export: Export = { sizeBytes: 0, readOnly: true, canMultiConn: false };

  #isWide = false;
  readonly #pending = new Map<number, Pending>();
  #lastCookie = 0;
  /** What is being received, straight from the system, how much of it is there, and what follows when it is whole. */
  #target: Buffer = Buffer.alloc(0);
  #filled = 0;
  #whenFilled = () => {};
  readonly #header = Buffer.alloc(REPLY_BYTES);

  #progressAt = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Why the connection was given up; null while it was not. */
  #fault: Error | null = null;

  /** Settles when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;

  /** Only `connectNbd` makes one: it is open once `opened` answers. */
  constructor(address: NbdAddress, deadlineMs: number) {
    this.#address = address;
    this.#deadlineMs = deadlineMs;
    // What the server says first must be expected before the socket can bring it.
    const terms = Promise.withResolvers<Export>();
    negotiate({
      expect: (buffer, then) => this.#expect(buffer, then),
      send: () => this.#socket.write(exportRequest(address.exportName)),
      resolve: (agreed) => {
        this.#expect(this.#header, this.#onReply);
        terms.resolve(agreed);
      },
      reject: (error) => {
        terms.reject(error);
        this.#socket.destroy();
      },
    });
    this.#opened = terms.promise;
    // Whoever opens the connection awaits it; where it was closed before, nobody does.
    this.#opened.catch(() => {});
    this.#socket = connect({
      path: address.socketPath,
      onread: {
        buffer: () => this.#target.subarray(this.#filled),
        callback: (count) => this.#receive(count),
      },
    });
    this.closed = new Promise((resolve) => {
      this.#socket.once("close", () => {
        terms.reject(new ConnectionLost(address.socketPath));
        this.#onClose();
        resolve();
      });
    });
  }

  get sizeBytes(): number {
    return this.#export.sizeBytes;
  }

  get readOnly(): boolean {
    return this.#export.readOnly;
  }

  /** Whether several connections may write at once (NBD_FLAG_CAN_MULTI_CONN). */
  get canMultiConn(): boolean {
    return this.#export.canMultiConn;
  }

  /** Whether the connection was given up because the server was late. */
  get wasLate(): boolean {
    return this.#fault !== null;
  }

  /** Settles when the export is open. */
  async opened(): Promise<void> {
    await once(this.#socket, "connect");
    // The end of the connection is told by "close"; what broke it adds nothing to that.
    this.#socket.on("error", () => this.#socket.destroy());
    this.#export = await this.#opened;
  }

  /** Before much is written: has `widen` enlarge the buffer of the socket's own end, once. */
  widen(widen: (socket: Socket) => unknown): void {
    if (this.#isWide || this.#socket.destroyed) return;
    this.#isWide = true;
    widen(this.#socket);
  }

  /** Fills `target` with what is at `offset`. */
  read(offset: number, target: Buffer): Promise<void> {
    return this.#ask("read", { offset, length: target.length, target });
  }

  /**
   * Writes the chunks one behind the other; they must not change until they are sent. `onSent` is called when all that
   * was asked for up to here is with the system, unless the connection is lost before.
   */
  write(offset: number, chunks: readonly Uint8Array[], onSent?: () => void): Promise<void> {
    const length = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    return this.#ask("write", { offset, length, chunks, onSent });
  }

  /** Writes zeroes, as a hole where the drive's format has holes. */
  writeZeroes(offset: number, length: number, onSent?: () => void): Promise<void> {
    return this.#ask("writeZeroes", { offset, length, onSent });
  }

  /** Writes zeroes, and gives no room back: for a format of which a hole reads as something else. */
  markZeroes(offset: number, length: number, onSent?: () => void): Promise<void> {
    return this.#ask("writeZeroes", { offset, length, onSent, flags: NO_HOLE });
  }

  /** Gives back the room of what is of no use any more. */
  trim(offset: number, length: number): Promise<void> {
    return this.#ask("trim", { offset, length });
  }

  /** Brings to stable storage what was answered before. */
  flush(): Promise<void> {
    return this.#ask("flush", {});
  }

  /** Ends the connection once what was asked for is answered; answers when the server has closed it too, or is late. */
  async close(): Promise<void> {
    if (!this.#socket.destroyed) {
      this.#send("disconnect", {});
      const timer = setTimeout(() => this.#socket.destroy(), this.#deadlineMs).unref();
      this.closed.then(() => clearTimeout(timer));
    }
    await this.closed;
  }

  /** Ends the connection at once: what is pending fails. */
  destroy(): void {
    this.#socket.on("error", () => {}).destroy();
  }

  #expect(buffer: Buffer, then: () => void): void {
    this.#target = buffer;
    this.#filled = 0;
    this.#whenFilled = then;
  }

  #receive(count: number): boolean {
    this.#progressAt = performance.now();
    this.#filled += count;
    // A connection that we gave up expects nothing more.
    if (this.#filled === this.#target.length && !this.#socket.destroyed) this.#whenFilled();
    return true;
  }

  readonly #onReply = () => {
    const cookie = this.#header.readUInt32BE(12);
    const request = this.#pending.get(cookie);
    if (this.#header.readUInt32BE(0) !== REPLY_MAGIC || request === undefined) {
      this.#socket.destroy();
      return;
    }
    const code = this.#header.readUInt32BE(4);
    const settle = () => {
      this.#pending.delete(cookie);
      if (code === 0) request.resolve();
      else request.reject(new NbdError(request.command, code));
      this.#expect(this.#header, this.#onReply);
    };
    if (code === 0 && request.target !== null && request.target.length > 0)
      this.#expect(request.target, settle);
    else settle();
  };

  #ask(command: Command, request: Request): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) {
        reject(new ConnectionLost(this.#address.socketPath));
        return;
      }
      this.#watch();
      const cookie = this.#send(command, request);
      const askedMs = performance.now();
      this.#pending.set(cookie, { command, target: request.target ?? null, askedMs, resolve, reject });
    });
  }

  #send(command: Command, { offset = 0, length = 0, chunks = [], onSent, flags = 0 }: Request): number {
    this.#lastCookie = (this.#lastCookie + 1) >>> 0;
    const header = Buffer.allocUnsafe(REQUEST_BYTES);
    header.writeUInt32BE(REQUEST_MAGIC, 0);
    header.writeUInt16BE(flags, 4);
    header.writeUInt16BE(COMMAND[command], 6);
    header.writeUInt32BE(0, 8);
    header.writeUInt32BE(this.#lastCookie, 12);
    header.writeBigUInt64BE(BigInt(offset), 16);
    header.writeUInt32BE(length, 24);
    const sent = (error?: Error | null) => {
      this.#progressAt = performance.now();
      if (!error) onSent?.();
    };
    const socket = this.#socket;
    socket.cork();
    const last = chunks.length - 1;
    if (last < 0) socket.write(header, sent);
    else socket.write(header);
    for (const [index, chunk] of chunks.entries()) {
      if (index < last) socket.write(chunk);
      else socket.write(chunk, sent);
    }
    socket.uncork();
    return this.#lastCookie;
  }

  /** Has an eye on the server for as long as something is pending. */
  #watch(): void {
    if (this.#pending.size === 0) this.#progressAt = performance.now();
    if (this.#timer !== undefined) return;
    const look = () => {
      this.#timer = undefined;
      if (this.#pending.size === 0 || this.#socket.destroyed) return;
      // The first is the one that was asked for first.
      const [{ askedMs } = { askedMs: 0 }] = this.#pending.values();
      const untilMs = Math.min(this.#progressAt, askedMs + (MOST_DEADLINES - 1) * this.#deadlineMs);
      const leftMs = untilMs + this.#deadlineMs - performance.now();
      if (leftMs > 0) {
        this.#timer = setTimeout(look, leftMs);
        return;
      }
      const { socketPath, exportName } = this.#address;
      const what = `the answer about export ${exportName} of the NBD server at ${socketPath}`;
      const ms = this.#progressAt > untilMs ? MOST_DEADLINES * this.#deadlineMs : this.#deadlineMs;
      this.#fault = new DeadlineExceeded(what, ms);
      this.#socket.destroy();
    };
    this.#timer = setTimeout(look, this.#deadlineMs);
  }

  #onClose(): void {
    clearTimeout(this.#timer);
    const fault = this.#fault ?? new ConnectionLost(this.#address.socketPath);
    for (const { reject } of this.#pending.values()) reject(fault);
    this.#pending.clear();
  }
}
