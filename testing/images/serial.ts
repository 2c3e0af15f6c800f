/** What a server says on its serial port, by a ticket: from its start on, as far as that is kept. */
import { once } from "node:events";
import { createWebSocketStream, WebSocket } from "ws";
import type { Cloud } from "../cloud.ts";

/** For one step of a boot; in emulation, on a busy machine, all of it takes minutes. */
const DEADLINE_MS = 8 * 60_000;

/** As much of what was said last as an error shows. */
const SHOWN_CHARACTERS = 2000;

export type Serial = {
  /** Settles when the server has said it, after what was waited for before. Errors: the port's end, the deadline. */
  says(what: RegExp): Promise<void>;
  /** Types it. */
  type(text: string): void;
  close(): void;
};

/** Listens to a server. */
export async function listenToSerial(cloud: Cloud, server: string): Promise<Serial> {
  const ticket = (await cloud.make(`servers/${server}/serial`, {})).get("ticket");
  const webSocket = new WebSocket(`${cloud.url.replace(/^http/, "ws")}serial/${ticket}`);
  const socket = createWebSocketStream(webSocket);
  await once(webSocket, "open");
  let unread = "";
  let last = "";
  /** Looks again at what was said; there is one who waits at most. */
  let look = () => {};
  socket.setEncoding("latin1").on("data", (text: string) => {
    unread += text;
    last = (last + text).slice(-SHOWN_CHARACTERS);
    look();
  });
  // The server's end is the port's.
  socket.on("error", () => socket.destroy()).on("close", () => look());
  return {
    says: (what) =>
      new Promise((resolve, reject) => {
        const inVain = (why: string) => {
          look = () => {};
          reject(new Error(`${why} ${what}, the server said last:\n${last}`));
        };
        const deadline = setTimeout(inVain, DEADLINE_MS, "waited in vain for");
        look = () => {
          const found = what.exec(unread);
          if (found === null && !socket.destroyed) return;
          clearTimeout(deadline);
          if (found === null) return inVain("it ended without");
          look = () => {};
          unread = unread.slice(found.index + found[0].length);
          resolve();
        };
        look();
      }),
    type: (text) => void socket.write(text),
    close: () => webSocket.terminate(),
  };
}
