/**
 * The command line tools beside what people would use instead, each with a server of its own on this machine: `virsh
 * vol-upload` and `vol-download` of libvirt, and PUT and GET of nginx by curl. Runs only when it is asked for, and installs
 * these from Debian where they are missing (`scripts/setup.cjs --peers`).
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Cloud } from "../testing/cloud.ts";
import { toolsBeside, writeImage } from "./carried.ts";
import { destroyFilled } from "./drives.ts";
import { type Peer, startLibvirt, startNginx } from "./peer-servers.ts";
import type { Figure } from "./ratio.ts";
import { tool } from "./twin.ts";

const MIB = 2 ** 20;
const SIZE_BYTES = 512 * MIB;
const SETUP = join(import.meta.dirname, "..", "scripts", "setup.cjs");

/** What is to be reached of a peer that stores without a cipher; by a drive with one, nothing is said. */
const GOALS: Readonly<Record<Peer["name"], number | null>> = { virsh: 0.8, nginx: null };

export async function peerFigures(cloud: Cloud): Promise<Figure[]> {
  await tool([process.execPath, SETUP, "--dev", "--peers"]);
  const dir = await mkdtemp(join(cloud.home, "bench-"));
  const figures: Figure[] = [];
  try {
    const image = join(dir, "image.raw");
    await writeImage(image, SIZE_BYTES);
    for (const start of [startLibvirt, startNginx]) {
      const peer = await start(dir, SIZE_BYTES);
      try {
        for (const cipher of ["none", "aes-xts-plain"] as const) {
          const goal = cipher === "none" ? GOALS[peer.name] : null;
          const carried = { image, sizeBytes: SIZE_BYTES, cipher };
          figures.push(...(await toolsBeside(cloud, dir, carried, peer, { up: goal, down: goal })));
        }
      } finally {
        await peer.end();
      }
    }
    await destroyFilled(cloud);
    return figures;
  } finally {
    await rm(dir, { recursive: true });
  }
}
