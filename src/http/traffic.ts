/** The bytes of all connections, headers included: read off the sockets when somebody asks, so requests pay nothing. */
import type { Socket } from "node:net";

export type TrafficFigures = { readonly receivedBytes: number; readonly sentBytes: number };

export class Traffic {
  readonly #open = new Set<Socket>();
  #closed: TrafficFigures = { receivedBytes: 0, sentBytes: 0 };
  /** What was answered last: a socket counts what it is to send, and gives that up where it is cut. */
  #told: TrafficFigures = { receivedBytes: 0, sentBytes: 0 };

  /** Counts what moves over the connection. */
  watch(socket: Socket): void {
    this.#open.add(socket);
    socket.once("close", () => {
      this.#open.delete(socket);
      this.#closed = sum(this.#closed, socket);
    });
  }

  /** Never less than what was answered before. */
  get figures(): TrafficFigures {
    const now = [...this.#open].reduce(sum, this.#closed);
    this.#told = {
      receivedBytes: Math.max(now.receivedBytes, this.#told.receivedBytes),
      sentBytes: Math.max(now.sentBytes, this.#told.sentBytes),
    };
    return this.#told;
  }
}

const sum = ({ receivedBytes, sentBytes }: TrafficFigures, socket: Socket): TrafficFigures => ({
  receivedBytes: receivedBytes + socket.bytesRead,
  sentBytes: sentBytes + socket.bytesWritten,
});
