import type { Socket } from "node:net";

/**
 * Ends when a connection is over, however it ended: who sends into one that the other side has cut off may be told of
 * an error (EPIPE, ECONNRESET) before that.
 */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on("error", () => {}).once("close", () => resolve());
  });
}
