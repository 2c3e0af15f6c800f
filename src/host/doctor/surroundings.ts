/** What a machine has around its guests: the network, and how much of what they need is free. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { freemem, totalmem } from "node:os";
import { dirname } from "node:path";
import { fileSystemOf } from "../../base/file-system.ts";
import { bridgingObstacles, forwardingObstacles } from "../network/obstacles.ts";
import { readCertificate } from "../qemu/vnc/certificate.ts";
import type { Examined, Found } from "./found.ts";
import { judgeSocketBuffers, WMEM_DEFAULT } from "./socket-buffers.ts";

const GIB = 2 ** 30;
/** Below these a cloud starts, but is of little use. */
const LITTLE_DISK_BYTES = 10 * GIB;
const LITTLE_MEMORY_BYTES = GIB;

export async function network({ uplink }: Examined): Promise<Found> {
  const obstacles = await bridgingObstacles();
  if (obstacles.length > 0) {
    return {
      state: `user-mode: ${sentence(obstacles.map(({ lack }) => lack))}`,
      follows:
        "guests are reached by forwarded ports on loopback addresses, do not reach each other, and have no VLANs",
      todo: sentence(obstacles.map(({ remedy }) => remedy)),
    };
  }
  const state = "bridges: every guest has an address of its own";
  const closed = await forwardingObstacles(uplink);
  if (closed.length === 0) return { state };
  return {
    state: `${state}; but ${sentence(closed.map(({ lack }) => lack))}`,
    follows: "guests do not reach the world beyond this machine",
    todo: sentence(closed.map(({ remedy }) => remedy)),
  };
}

const sentence = (parts: readonly string[]) => parts.join("; ").replaceAll("\n", " ");

export async function screens({ home }: Examined): Promise<Found> {
  const todo = `see to tls/cert.pem and tls/key.pem in ${home}`;
  try {
    const certificate = await readCertificate(home);
    if (certificate === null)
      return { state: "yes, without a certificate: viewers cannot tell whom they reach" };
    const until = certificate.until.toISOString().slice(0, 10);
    if (certificate.until.getTime() > Date.now()) {
      return { state: `yes: with a certificate for ${certificate.names}, until ${until}` };
    }
    return {
      state: `the certificate ran out on ${until}`,
      follows: "viewers refuse it, or warn",
      todo,
    };
  } catch (error) {
    const follows = "servers with vnc:tls on do not start";
    return { state: `no: ${(error as Error).message}`, follows, todo };
  }
}

export async function disk({ home }: Examined): Promise<Found> {
  let dir = home;
  while (!existsSync(dir)) dir = dirname(dir);
  const { freeBytes } = await fileSystemOf(dir);
  const state = `${gib(freeBytes)} for ${home}`;
  if (freeBytes >= LITTLE_DISK_BYTES) return { state };
  return {
    state,
    follows: "a drive is made only where its whole size fits; others are 507 full",
    todo: "put LODGE_HOME on a larger disk",
  };
}

export const socketBuffers = async (): Promise<Found> =>
  judgeSocketBuffers(await readFile(WMEM_DEFAULT, "utf8").catch(() => null));

export function memory(): Found {
  const state = `${gib(freemem())} of ${gib(totalmem())}`;
  if (freemem() >= LITTLE_MEMORY_BYTES) return { state };
  return { state, follows: "few servers can run at once", todo: "end what else takes memory" };
}

const gib = (bytes: number) => `${(bytes / GIB).toFixed(1)} GiB`;
