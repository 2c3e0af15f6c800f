/**
 * The screen of a server for whoever Lodge shows it to: a second VNC display of its QEMU (qemu(1), `-vnc`), beside the one that
 * its user configures. It is reached by a socket that is the daemon's alone, and asks for no password.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Unreachable } from "../errors.ts";
import type { RunDirectory } from "./run-directory.ts";

/** The value of `-vnc`. A viewer who asks to be the only one gets a session beside the others'. */
export const consoleDisplay = (socket: string): string => `unix:${socket},id=console,share=ignore`;

const CONNECT_MS = 5_000;

/** A session of its own. Errors: Unreachable, as of a QEMU of before there were such displays. */
export async function connectScreen(uuid: string, { sockets }: RunDirectory): Promise<Socket> {
  const socket = connect(sockets.console);
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(CONNECT_MS) });
    return socket;
  } catch (cause) {
    socket.on("error", () => {}).destroy();
    throw new Unreachable(`the screen of server ${uuid} cannot be reached: stop it and start it again`, {
      cause,
    });
  }
}
