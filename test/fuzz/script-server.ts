/** A server on a unix socket that says to each client what the case says, in the pieces that it says. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Closing } from "./part.ts";

export type ScriptServer = {
  readonly path: string;
  /** Who serves the clients that come from now on. */
  serve: (socket: Socket) => void;
};

export async function scriptServer({ after }: Closing): Promise<ScriptServer> {
  const dir = await mkdtemp(join(tmpdir(), "lodge-fuzz-"));
  const script: ScriptServer = { path: join(dir, "sock"), serve: () => {} };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    socket.once("close", () => sockets.delete(socket));
    script.serve(socket);
  });
  await once(server.listen(script.path), "listening");
  after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(dir, { recursive: true });
  });
  return script;
}
