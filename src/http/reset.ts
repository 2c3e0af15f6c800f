/** Ending a connection by a reset: the system keeps nothing of what was not taken. */
import type { Socket } from "node:net";

/** The TCP connection below each TLS connection: node:net resets that alone. */
const below = new WeakMap<Socket, Socket>();

export function runsOver(secure: Socket, raw: Socket): void {
  below.set(secure, raw);
}

export function reset(socket: Socket): void {
  (below.get(socket) ?? socket).resetAndDestroy();
}
