/** A service manager's end of the socket at which a daemon tells how it is (sd_notify(3)). */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { within } from "../src/base/deadline.ts";

/** How long a message may take, on a busy machine. */
const TOLD_MS = 60_000;

/** Prints each message in a line, and closes what came with it, for which a sender waits (sd_notify_barrier(3)). */
const RECEIVER = `
import array, socket, sys, os
end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
end.bind(sys.argv[1])
print("listening", flush=True)
while True:
    text, ancillary, _, _ = end.recvmsg(4096, 4096)
    for _, _, data in ancillary:
        for each in array.array("i", data): os.close(each)
    if text != b"BARRIER=1": print(text.decode().replace("\\n", " "), flush=True)
`;

export type NotifySocket = {
  readonly path: string;
  /** The next message, its lines as words. */
  told(): Promise<string>;
  /** It listens no longer. May be repeated. */
  close(): Promise<void>;
};

export async function openNotifySocket(): Promise<NotifySocket> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-notify-"));
  const path = join(folder, "notify");
  const receiver = spawn("python3", ["-c", RECEIVER, path], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(receiver, "exit");
  const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]();
  const told = async () => {
    const { value } = await within(TOLD_MS, "a message to the service manager", lines.next());
    if (value === undefined) throw new Error("the socket of the service manager is closed");
    return value;
  };
  await told();
  return {
    path,
    told,
    async close() {
      receiver.kill();
      await exit;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
