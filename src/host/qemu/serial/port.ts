/**
 * The serial port of a server that runs. Its QEMU takes one connection there (qemu(1), `-chardev socket`), which is the daemon's
 * for as long as both are there: what comes goes to the history and to all who look, and what they say goes to the guest. Where the
 * connection is lost, and QEMU is not, it is made again. What a guest says while there is none, QEMU throws away.
 */
import { connect, type Socket } from "node:net";
import { backoff } from "../../../base/backoff.ts";
import type { SerialView } from "../../host.ts";
import { HISTORY_BYTES, type History } from "./history.ts";
import { Input } from "./input.ts";
import type { Turns } from "./turns.ts";
import { type Held, Unwritten } from "./unwritten.ts";
import { Viewer } from "./viewer.ts";

/** What came is written to the history this much later, or as soon as there is this much of it. */
const WRITE_AFTER_MS = 1_000;
const WRITE_AT_BYTES = 2 ** 16;
/** The pause before another attempt to connect, at first and at last. */
const AGAIN_MS = { first: 500, longest: 30_000 } as const;
/** How long what a QEMU that has ended said last may take to be read. */
const LAST_MS = 1_000;

/** Into which ports are read, one at a time: what comes is copied out of it at once. */
const CHUNK = Buffer.alloc(2 ** 16);

export type PortOptions = {
  /** QEMU's socket. */
  readonly path: string;
  readonly history: History;
  readonly turns: Turns;
  /** What is said on all ports of the host and not written yet. */
  readonly held: Held;
  /** Told when what is said can be kept no more, and each time that this begins anew. */
  readonly onTrouble: (error: unknown) => void;
};

export class Port {
  readonly history: History;
  readonly #options: PortOptions;
  readonly #viewers = new Set<Viewer>();
  readonly #input = new Input((piece, done) => this.#say(piece, done));
  readonly #unwritten: Unwritten;
  #socket: Socket | null = null;
  #isConnected = false;
  #failed = 0;
  #again: NodeJS.Timeout | undefined;
  #writeLater: NodeJS.Timeout | undefined;
  #writing: Promise<void> | null = null;
  #isKept = true;
  #isOver = false;

  /** Connects at once: what is said from now on is heard. */
  constructor(options: PortOptions) {
    this.#options = options;
    this.history = options.history;
    this.#unwritten = new Unwritten(options.held);
    this.#connect();
  }

  /** Errors: the disk's; DeadlineExceeded, it does not answer. */
  async open(): Promise<SerialView> {
    const viewer = new Viewer(this.#input);
    this.#viewers.add(viewer);
    viewer.stream.once("close", () => this.#viewers.delete(viewer));
    if (this.#isOver) viewer.end();
    // Between this and what is shown from now on there is nothing: both are of this very moment.
    const unwritten = this.#unwritten.look();
    try {
      const history = Buffer.concat([await this.history.read(), unwritten]).subarray(-HISTORY_BYTES);
      return { history, bytes: viewer.stream };
    } catch (error) {
      viewer.stream.destroy();
      throw error;
    }
  }

  /** Its QEMU is gone: reads what it said last, and ends all who look. Answers once all is written, as far as it can be. */
  async end(): Promise<void> {
    if (this.#socket !== null) await this.#readLast(this.#socket);
    this.#leave();
    for (const viewer of this.#viewers) viewer.end();
    while (this.#unwritten.bytes > 0 || this.#writing !== null) await this.#write();
  }

  /** Another run has begun: what is left of this one is for nobody. */
  cut(): void {
    this.#leave();
    for (const viewer of this.#viewers) viewer.end();
    this.#unwritten.take();
  }

  /** The daemon ends: who looks is let go, what is not written yet is, and QEMU runs on. */
  close(): void {
    this.#leave();
    for (const { stream } of this.#viewers) stream.destroy();
    const last = this.#unwritten.take();
    if (last.length === 0) return;
    try {
      this.history.appendLast(last);
    } catch (error) {
      this.#options.onTrouble(error);
    }
  }

  #leave(): void {
    this.#isOver = true;
    clearTimeout(this.#again);
    clearTimeout(this.#writeLater);
    this.#socket?.destroy();
  }

  #say(piece: Buffer, done: () => void): void {
    if (this.#socket === null || !this.#isConnected) done();
    else this.#socket.write(piece, () => done());
  }

  #connect(): void {
    const { path, turns } = this.#options;
    const onread = { buffer: CHUNK, callback: (length: number) => this.#hear(length) };
    const socket = connect({ path, onread });
    // Nobody runs for it.
    this.#socket = socket.unref();
    socket.once("connect", () => {
      this.#isConnected = true;
      this.#failed = 0;
    });
    // That it came to nothing is told by its end.
    socket.on("error", () => {});
    socket.once("close", () => {
      turns.dismiss(this.#read);
      this.#socket = null;
      this.#isConnected = false;
      if (this.#isOver) return;
      const pauseMs = backoff(++this.#failed, AGAIN_MS.first, AGAIN_MS.longest);
      this.#again = setTimeout(() => this.#connect(), pauseMs).unref();
    });
  }

  /** Answers that no more is to be read for now. */
  #hear(length: number): false {
    const bytes = Buffer.from(CHUNK.subarray(0, length));
    for (const viewer of this.#viewers) viewer.show(bytes);
    this.#unwritten.add(bytes);
    if (this.#unwritten.bytes >= WRITE_AT_BYTES) void this.#write();
    else this.#writeLater ??= setTimeout(() => void this.#write(), WRITE_AFTER_MS).unref();
    this.#options.turns.wait(this.#read, length);
    return false;
  }

  readonly #read = (): void => {
    this.#socket?.resume();
  };

  /** Writes what is not written yet, once at a time: however long that takes, what comes meanwhile is within its bound. */
  #write(): Promise<void> {
    clearTimeout(this.#writeLater);
    this.#writeLater = undefined;
    this.#writing ??= this.#append().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #append(): Promise<void> {
    try {
      await this.history.append(this.#unwritten.take());
      this.#isKept = true;
    } catch (error) {
      if (this.#isKept) this.#options.onTrouble(error);
      this.#isKept = false;
    }
    if (this.#unwritten.bytes === 0 || this.#isOver) return;
    this.#writeLater ??= setTimeout(() => void this.#write(), WRITE_AFTER_MS).unref();
  }

  async #readLast(socket: Socket): Promise<void> {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const late = setTimeout(resolve, LAST_MS);
    socket.once("close", () => resolve());
    this.#read();
    await closed;
    clearTimeout(late);
  }
}
