/**
 * NBD, the protocol in which drives are read and written: a client of one export on a unix socket, with fixed newstyle
 * negotiation, NBD_OPT_GO and simple replies (NBD doc/proto.md).
 */
import { once } from "node:events";
import { connect } from "node:net";
import { type Export, exportRequest, negotiate } from "./nbd-negotiation.ts";

/** An export of an NBD server on a unix socket. */
export type NbdAddress = { readonly socketPath: string; readonly exportName: string };

/** The server refused a request; `code` is NBD's error value. */
export class NbdError extends Error {
  readonly code: number;

  constructor(request: string, code: number) {
    super(`${request} was answered with NBD error ${code}`);
    this.name = "NbdError";
    this.code = code;
  }
}

export const NBD_ENOSPC = 28;

/** The connection ended before its requests were answered: what they were to change may have come about or not. */
export class ConnectionLost extends Error {
  constructor(socketPath: string) {
    super(`the connection to ${socketPath} was lost`);
    this.name = "ConnectionLost";
  }
}

/**
 * An open export. Requests are pipelined and answered in any order; how many are in flight is the caller's to bound.
 * Offsets and lengths need no alignment. Errors of every request: NbdError, ConnectionLost.
 */
export type Nbd = Export & {
  /** Fills `target` with what is at `offset`. */
  read(offset: number, target: Buffer): Promise<void>;
  /**
   * Writes the chunks one behind the other; they must not change until they are sent. `onSent` is called when all that
   * was asked for up to here is with the system, unless the connection is lost before.
   */
  write(offset: number, chunks: readonly Uint8Array[], onSent?: () => void): Promise<void>;
  /** Writes zeroes, as a hole where the drive's format has holes. */
  writeZeroes(offset: number, length: number, onSent?: () => void): Promise<void>;
  /** Brings to stable storage what was answered before. */
  flush(): Promise<void>;
  /** Ends the connection once what was asked for is answered; answers when the server has closed it too. */
  close(): Promise<void>;
  /** Settles when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
};

const REQUEST_MAGIC = 0x25609513;
const REPLY_MAGIC = 0x67446698;
const REQUEST_BYTES = 28;
const REPLY_BYTES = 16;
const COMMAND = { read: 0, write: 1, disconnect: 2, flush: 3, writeZeroes: 6 } as const;

type Command = keyof typeof COMMAND;
type Pending = {
  readonly command: Command;
  readonly target: Buffer | null;
  resolve(): void;
  reject(error: Error): void;
};

/** Opens an export. Errors: the socket's own (`ENOENT`, `ECONNREFUSED`), an export that is unknown, ConnectionLost. */
export async function connectNbd({ socketPath, exportName }: NbdAddress): Promise<Nbd> {
  const pending = new Map<number, Pending>();
  let lastCookie = 0;

  /** What is being received, straight from the system, how much of it is there, and what follows when it is whole. */
  let target: Buffer = Buffer.alloc(0);
  let filled = 0;
  let whenFilled = () => {};
  function expect(buffer: Buffer, then: () => void): void {
    target = buffer;
    filled = 0;
    whenFilled = then;
  }

  function receive(count: number): boolean {
    filled += count;
    // A connection that we gave up expects nothing more.
    if (filled === target.length && !socket.destroyed) whenFilled();
    return true;
  }

  const header = Buffer.alloc(REPLY_BYTES);
  const expectReply = () => expect(header, onReply);
  // What the server says first must be expected before the socket can bring it.
  const terms = Promise.withResolvers<Export>();
  negotiate({
    expect,
    send: () => socket.write(exportRequest(exportName)),
    resolve(agreed) {
      expectReply();
      terms.resolve(agreed);
    },
    reject(error) {
      terms.reject(error);
      socket.destroy();
    },
  });

  const socket = connect({
    path: socketPath,
    onread: { buffer: () => target.subarray(filled), callback: receive },
  });
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      for (const { reject } of pending.values()) reject(new ConnectionLost(socketPath));
      pending.clear();
      resolve();
    });
  });
  await once(socket, "connect");
  // The end of the connection is told by "close"; what broke it adds nothing to that.
  socket.on("error", () => socket.destroy());
  closed.then(() => terms.reject(new ConnectionLost(socketPath)));
  const opened = await terms.promise;

  function onReply(): void {
    const cookie = header.readUInt32BE(12);
    const request = pending.get(cookie);
    if (header.readUInt32BE(0) !== REPLY_MAGIC || request === undefined) {
      socket.destroy();
      return;
    }
    const code = header.readUInt32BE(4);
    const settle = () => {
      pending.delete(cookie);
      if (code === 0) request.resolve();
      else request.reject(new NbdError(request.command, code));
      expectReply();
    };
    if (code === 0 && request.target !== null && request.target.length > 0) expect(request.target, settle);
    else settle();
  }

  function send(
    command: Command,
    offset: number,
    length: number,
    chunks: readonly Uint8Array[],
    onSent?: () => void,
  ): number {
    lastCookie = (lastCookie + 1) >>> 0;
    const request = Buffer.allocUnsafe(REQUEST_BYTES);
    request.writeUInt32BE(REQUEST_MAGIC, 0);
    request.writeUInt32BE(COMMAND[command], 4);
    request.writeUInt32BE(0, 8);
    request.writeUInt32BE(lastCookie, 12);
    request.writeBigUInt64BE(BigInt(offset), 16);
    request.writeUInt32BE(length, 24);
    socket.cork();
    const parts = [request, ...chunks];
    const last = parts.length - 1;
    for (const [index, part] of parts.entries()) {
      if (index < last || onSent === undefined) socket.write(part);
      else socket.write(part, (error) => error ?? onSent());
    }
    socket.uncork();
    return lastCookie;
  }

  function ask(
    command: Command,
    offset = 0,
    length = 0,
    target: Buffer | null = null,
    chunks: readonly Uint8Array[] = [],
    onSent?: () => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      if (socket.destroyed) reject(new ConnectionLost(socketPath));
      else pending.set(send(command, offset, length, chunks, onSent), { command, target, resolve, reject });
    });
  }

  return {
    ...opened,
    read: (offset, into) => ask("read", offset, into.length, into),
    write: (offset, chunks, onSent) => ask("write", offset, byteLength(chunks), null, chunks, onSent),
    writeZeroes: (offset, length, onSent) => ask("writeZeroes", offset, length, null, [], onSent),
    flush: () => ask("flush"),
    async close() {
      if (!socket.destroyed) send("disconnect", 0, 0, []);
      await closed;
    },
    closed,
  };
}

function byteLength(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
}
