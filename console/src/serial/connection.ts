/** A server's serial port over a WebSocket, by a ticket. */
import { change } from "../api/client.ts";

/** A piece of what is pasted; the API takes 64 KiB in one message. */
const PIECE_CHARACTERS = 4096;
/** As much is on its way at once; the rest of a paste waits here. */
const MOST_IN_FLIGHT = 2 ** 15;
const RETRY_MS = 50;

type Told = {
  /** What it said before; answers once that is shown. */
  past(bytes: Uint8Array): Promise<void>;
  said(bytes: Uint8Array): void;
  /** It says no more: its server is stopped, or the connection was lost. */
  over(): void;
};

export class SerialConnection {
  readonly #socket: WebSocket;
  #unsent: string[] = [];
  #timer: number | undefined;

  /** Asks for a ticket and connects. Errors: the API's. */
  static async open(uuid: string, told: Told): Promise<SerialConnection> {
    const { ticket } = await change<{ readonly ticket: string }>(`servers/${uuid}/serial`);
    const url = new URL(`/serial/${ticket}`, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return new SerialConnection(url, told);
  }

  private constructor(url: URL, told: Told) {
    this.#socket = new WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    let shown: Promise<void> | null = null;
    this.#socket.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer>) => {
      const bytes = new Uint8Array(data);
      if (shown === null) shown = told.past(bytes);
      else void shown.then(() => told.said(bytes));
    });
    this.#socket.addEventListener("close", () => {
      window.clearTimeout(this.#timer);
      void (shown ?? Promise.resolve()).then(() => told.over());
    });
  }

  /** Says the text to the guest, in order; however long it is, little of it is on its way at once. */
  say(text: string): void {
    for (let at = 0; at < text.length; at += PIECE_CHARACTERS)
      this.#unsent.push(text.slice(at, at + PIECE_CHARACTERS));
    this.#send();
  }

  close(): void {
    this.#unsent = [];
    window.clearTimeout(this.#timer);
    this.#socket.close();
  }

  #send(): void {
    window.clearTimeout(this.#timer);
    const socket = this.#socket;
    if (socket.readyState !== WebSocket.OPEN) return;
    while (this.#unsent.length > 0 && socket.bufferedAmount < MOST_IN_FLIGHT)
      socket.send(new TextEncoder().encode(this.#unsent.shift()));
    if (this.#unsent.length > 0) this.#timer = window.setTimeout(() => this.#send(), RETRY_MS);
  }
}
