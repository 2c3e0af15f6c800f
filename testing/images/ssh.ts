/** SSH to a server, with a key of the test's own. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { run } from "../../src/host/process/process.ts";
import { runToEnd } from "../run.ts";

/** How ssh says that it could not connect, or was not let in. */
const EXIT_UNCONNECTED = 255;

/** A daemon that says its name may still be a moment from taking connections; so may its user be from being there. */
const CONNECT_DEADLINE_MS = 4 * 60_000;
const CONNECT_AGAIN_MS = 1000;

const OPTIONS = [
  ...["-F", "/dev/null", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "LogLevel=ERROR"],
  // Servers are made anew at known addresses: who answers is no question here.
  ...["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"],
];

export type Ssh = {
  /** The public key, as it stands in `authorized_keys`. */
  readonly publicKey: string;
  /** Runs a command as Debian's first user and answers what it printed, once the server takes connections. */
  run(address: string, command: string): Promise<string>;
  close(): Promise<void>;
};

export async function openSsh(): Promise<Ssh> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-ssh-"));
  const key = join(folder, "key");
  await run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", key]);
  return {
    publicKey: (await readFile(`${key}.pub`, "utf8")).trim(),
    async run(address, command) {
      const words = ["ssh", ...OPTIONS, "-i", key, `debian@${address}`, command];
      for (const deadline = performance.now() + CONNECT_DEADLINE_MS; ; await delay(CONNECT_AGAIN_MS)) {
        const done = await runToEnd(words);
        if (done.code === EXIT_UNCONNECTED && performance.now() < deadline) continue;
        assert.equal(done.code, 0, `${command}: ${done.stdout}${done.stderr}`);
        return done.stdout.trim();
      }
    },
    close: () => rm(folder, { recursive: true }),
  };
}
