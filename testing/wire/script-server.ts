/** A server on a unix socket that says to each client what the test says. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where it is left how what was opened is closed: a test's context will do. */
export type Closing = { after(work: () => unknown): void };

export type ScriptServer = {
  readonly path: string;
  /** Who serves the clients that come from now on. */
  serve: (socket: Socket) => void;
};

export async function scriptServer(
  closing: Closing,
  serve: ScriptServer["serve"] = () => {},
  name = "sock",
): Promise<ScriptServer> {
  const dir = await mkdtemp(join(tmpdir(), "lodge-script-"));
  const script: ScriptServer = { path: join(dir, name), serve };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    socket.once("close", () => sockets.delete(socket));
    script.serve(socket);
  });
  await once(server.listen(script.path), "listening");
  closing.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(dir, { recursive: true });
  });
  return script;
}
