/** Images that the command line tools carry up and down, timed. */
import { randomBytes } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Cloud } from "../testing/cloud.ts";
import { type Cipher, driveToFill } from "./drives.ts";
import { type Figure, interleaved, rates, seconds } from "./ratio.ts";
import { tool } from "./twin.ts";

const MIB = 2 ** 20;
const CHUNK_BYTES = 4 * MIB;
const ROUNDS = 3;

/** What carries the same image as the tools do. */
export type Carrier = {
  readonly upBy: string;
  readonly downBy: string;
  /** The seconds that it takes to send the image there, and to save what is there as a new file. */
  upload(image: string): Promise<number>;
  download(file: string): Promise<number>;
};

/** An image, and the drive that it is carried to. */
export type Carried = { readonly image: string; readonly sizeBytes: number; readonly cipher: Cipher };

/** What is to be reached of the other at least, where anything is said. */
export type CarryGoals = { readonly up: number | null; readonly down: number | null };

/** Upload and download by the tools beside another's, with files in `dir` that are gone behind it. */
export async function toolsBeside(
  cloud: Cloud,
  dir: string,
  { image, sizeBytes, cipher }: Carried,
  other: Carrier,
  goals: CarryGoals,
): Promise<Figure[]> {
  let filled = "";
  const up = await interleaved(
    ROUNDS,
    async () => {
      const { drive, taken } = await toolUpload(cloud, cipher, image, sizeBytes);
      filled = drive;
      return taken;
    },
    () => other.upload(image),
  );
  const [ours, theirs] = [join(dir, "ours.raw"), join(dir, "theirs.raw")];
  const down = await interleaved(
    ROUNDS,
    () => toolDownload(cloud, filled, ours),
    () => other.download(theirs),
  );
  for (const file of [ours, theirs]) await tool(["cmp", image, file]);
  await Promise.all([rm(ours), rm(theirs)]);
  return [
    rates(sizeBytes, `upload by the tool, ${cipher}`, up, other.upBy, goals.up),
    rates(sizeBytes, `download by the tool, ${cipher}`, down, other.downBy, goals.down),
  ];
}

/** Makes an image, half noise, half repetition: gzip has something to do, and nothing to skip. */
export async function writeImage(file: string, sizeBytes: number): Promise<void> {
  const chunk = Buffer.concat([
    randomBytes(CHUNK_BYTES / 2),
    Buffer.alloc(CHUNK_BYTES / 2, "Lodge never loses a byte. "),
  ]);
  await using handle = await open(file, "w");
  for (let at = 0; at < sizeBytes; at += CHUNK_BYTES)
    await handle.write(chunk, 0, Math.min(CHUNK_BYTES, sizeBytes - at), at);
}

/** Makes an image that holds pieces of noise, far apart. */
export async function writeSparseImage(
  file: string,
  sizeBytes: number,
  pieces: number,
  pieceBytes: number,
): Promise<void> {
  await using handle = await open(file, "w");
  await handle.truncate(sizeBytes);
  const step = Math.floor(sizeBytes / pieces);
  for (let index = 0; index < pieces; index++)
    await handle.write(randomBytes(pieceBytes), 0, pieceBytes, index * step);
}

/** The seconds that the upload tool takes to fill a new drive of this cipher, made before. */
async function toolUpload(
  cloud: Cloud,
  cipher: Cipher,
  file: string,
  sizeBytes: number,
): Promise<{ drive: string; taken: number }> {
  const drive = await driveToFill(cloud, cipher, sizeBytes);
  const taken = await seconds(() => runTool(cloud, "elastichosts-upload", ["-d", drive, file]));
  return { drive, taken };
}

/** The seconds that the upload tool takes to make a drive and fill it. */
export async function newByTool(cloud: Cloud, file: string): Promise<number> {
  let printed = "";
  const taken = await seconds(async () => {
    printed = await runTool(cloud, "elastichosts-upload", [file]);
  });
  const [, drive] = /^Created drive (\S+)/.exec(printed) ?? [];
  await cloud.act(`drives/${drive}/destroy`);
  return taken;
}

/** The seconds that the download tool takes to save a drive as a new file. */
async function toolDownload(cloud: Cloud, drive: string, file: string): Promise<number> {
  await rm(file, { force: true });
  return seconds(() => runTool(cloud, "elastichosts-download", [drive, file]));
}

async function runTool(cloud: Cloud, name: string, words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await cloud.tool(name, words);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}
