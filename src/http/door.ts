/**
 * One WebSocket with what it shows, byte for byte in both directions: what comes from a server goes out in binary messages, and
 * what comes in them goes to the server. Who takes nothing has the server wait, within a bound of memory; who does not
 * answer pings is gone.
 */
import type { WebSocket } from "ws";
import type { Viewing } from "../api/viewing.ts";

/** How often it is asked whether somebody is there, who then has as long to answer. */
const PING_MS = 30_000;
/** How long who looks may take to read the last of it. */
const LAST_MS = 10_000;

/** Why it is closed (RFC 6455, 7.4.1). */
const CLOSED = { over: 1000, goingAway: 1001, notBinary: 1003, withdrawn: 1008, failed: 1011 } as const;

export class Door {
  readonly #socket: WebSocket;
  readonly #viewing: Viewing;
  readonly #mostInFlight: () => number;
  #isThere = true;
  #isEnding = false;

  /** @param mostInFlight how many bytes may be on their way to who looks, as of now */
  constructor(socket: WebSocket, viewing: Viewing, mostInFlight: () => number) {
    this.#socket = socket;
    this.#viewing = viewing;
    this.#mostInFlight = mostInFlight;
  }

  /** Carries bytes until either end is over, or it may no more. Answers then. */
  carry(pingMs = PING_MS): Promise<void> {
    const { before, bytes, withdrawn } = this.#viewing;
    const socket = this.#socket;
    const timer = setInterval(() => this.#ping(), pingMs).unref();
    if (before !== undefined) this.#send(lastOf(before, this.#mostInFlight()));
    bytes.on("data", (chunk: Buffer) => this.#send(chunk));
    bytes.once("end", () => this.#end());
    bytes.once("error", () => this.#close(CLOSED.failed));
    bytes.once("close", () => {
      if (!this.#isEnding) this.#close(CLOSED.over);
    });
    socket.on("message", (data, isBinary) => this.#receive(data as Buffer, isBinary));
    socket.on("pong", () => {
      this.#isThere = true;
    });
    // What it is told of by its end.
    socket.on("error", () => {});
    const withdraw = () => this.#close(CLOSED.withdrawn);
    withdrawn.addEventListener("abort", withdraw);
    if (withdrawn.aborted) withdraw();
    return new Promise((resolve) => {
      socket.once("close", () => {
        clearInterval(timer);
        withdrawn.removeEventListener("abort", withdraw);
        bytes.on("error", () => {});
        this.#viewing.end();
        resolve();
      });
    });
  }

  /** Ends it, as the daemon does that stops. */
  leave(): void {
    this.#close(CLOSED.goingAway);
  }

  #send(chunk: Buffer): void {
    const { bytes } = this.#viewing;
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return;
    socket.send(chunk, { binary: true, compress: false }, () => {
      if (bytes.isPaused() && socket.bufferedAmount < this.#mostInFlight()) bytes.resume();
    });
    if (socket.bufferedAmount >= this.#mostInFlight()) bytes.pause();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (!isBinary) {
      this.#close(CLOSED.notBinary);
      return;
    }
    const { bytes } = this.#viewing;
    if (!bytes.writable || bytes.write(data)) return;
    this.#socket.pause();
    bytes.once("drain", () => this.#socket.resume());
  }

  #ping(): void {
    if (!this.#isThere) {
      this.#socket.terminate();
      return;
    }
    this.#isThere = false;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  /** All of it was sent: who looks has a while to read it. */
  #end(): void {
    this.#isEnding = true;
    this.#socket.close(CLOSED.over);
    const late = setTimeout(() => this.#socket.terminate(), LAST_MS);
    this.#socket.once("close", () => clearTimeout(late));
  }

  /** Says why, and waits for no answer to that. */
  #close(code: number): void {
    this.#socket.close(code);
    setImmediate(() => this.#socket.terminate());
  }
}

/** A copy where it is a part: the whole is not to be held for its sake. */
const lastOf = (bytes: Buffer, most: number): Buffer =>
  bytes.length <= most ? bytes : Buffer.from(bytes.subarray(-most));
