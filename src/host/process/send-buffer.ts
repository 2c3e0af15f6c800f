/**
 * The send buffer of a unix socket: how much is on its way before its reader has taken it. Where nobody sets it, it is 208 KiB
 * (socket(7), wmem_default), less than half of one request to write, and in a transfer either end waits for the other, by turns. It
 * is set by setsockopt(2), which Node has for datagrams alone, and perl for any socket that it inherits: it is an essential
 * package of Debian, and takes 3 ms.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { programPath } from "./programs.ts";

/** Measured: with half of it writes are slower, with twice as much they are not faster. */
const SEND_BUFFER_BYTES = 2 * 2 ** 20;
const SET_MS = 10_000;
/** The descriptor at which the program finds the socket: with one of the first three, Node would have it block. */
const DESCRIPTOR = 3;

/** Root may have more than `wmem_max` (SO_SNDBUFFORCE); others get as much as that (SO_SNDBUF; linux/socket.h). */
const PROGRAM = `open(my $socket, "+<&=", ${DESCRIPTOR}) or die $!;
my $bytes = pack("i", ${SEND_BUFFER_BYTES});
setsockopt($socket, 1, 32, $bytes) or setsockopt($socket, 1, 7, $bytes) or die $!;`;

/**
 * Makes the buffer of a connected socket larger, soon. Where that cannot be done, since perl is not there or no process can be
 * started, the buffer stays as it is, and nothing but time is lost.
 *
 * @param perl which program that is
 */
export async function widenSendBuffer(socket: Socket, perl = "perl"): Promise<void> {
  const child = startWith(socket, perl);
  // Node leaves off reading what it shares with a child.
  socket.resume();
  if (child !== null) await once(child, "exit").catch(() => {});
}

/** Null where it cannot be started; that may be told by its "error" as well. */
function startWith(socket: Socket, perl: string): ChildProcess | null {
  try {
    const child = spawn(programPath(perl), ["-e", PROGRAM], {
      ...{ stdio: ["ignore", "ignore", "ignore", socket], env: {} },
      ...{ timeout: SET_MS, killSignal: "SIGKILL" },
    });
    child.on("error", () => {}).unref();
    return child;
  } catch {
    return null;
  }
}
