/**
 * The command line tools beside what people would use instead, each with a server of its own on this machine: `virsh
 * vol-upload` and `vol-download` of libvirt, and PUT and GET of nginx by curl. Runs only when it is asked for, and installs
 * these from Debian where they are missing (`scripts/setup.cjs --peers`).
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Cloud } from "../testing/cloud.ts";
import { toolDownload, toolUpload, writeImage } from "./carried.ts";
import { type Cipher, destroyFilled } from "./drives.ts";
import { type Peer, startLibvirt, startNginx } from "./peer-servers.ts";
import { type Figure, interleaved, rates } from "./ratio.ts";
import { tool } from "./twin.ts";

const MIB = 2 ** 20;
const SIZE_BYTES = 512 * MIB;
const ROUNDS = 3;
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
        for (const cipher of ["none", "aes-xts-plain"] as const)
          figures.push(...(await beside(cloud, dir, cipher, image, peer)));
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

async function beside(
  cloud: Cloud,
  dir: string,
  cipher: Cipher,
  image: string,
  peer: Peer,
): Promise<Figure[]> {
  const atLeast = cipher === "none" ? GOALS[peer.name] : null;
  let filled = "";
  const up = await interleaved(
    ROUNDS,
    async () => {
      const { drive, taken } = await toolUpload(cloud, cipher, image, SIZE_BYTES);
      filled = drive;
      return taken;
    },
    () => peer.upload(image),
  );
  const [ours, theirs] = [join(dir, "ours.raw"), join(dir, "theirs.raw")];
  const down = await interleaved(
    ROUNDS,
    () => toolDownload(cloud, filled, ours),
    () => peer.download(theirs),
  );
  await tool(["cmp", image, ours]);
  await tool(["cmp", image, theirs]);
  await Promise.all([rm(ours), rm(theirs)]);
  return [
    rates(SIZE_BYTES, `upload by the tool, ${cipher}`, up, peer.upBy, atLeast),
    rates(SIZE_BYTES, `download by the tool, ${cipher}`, down, peer.downBy, atLeast),
  ];
}
