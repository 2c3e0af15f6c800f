/**
 * The command line tools as their users run them, from their start to their end, against `qemu-img convert` of the same
 * bytes; an image that is sparse against one of what it holds; and a slow line against the same with all of it gzipped.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Cloud } from "../testing/cloud.ts";
import { type Carrier, newByTool, toolsBeside, writeImage, writeSparseImage } from "./carried.ts";
import { type Cipher, destroyFilled } from "./drives.ts";
import { type Figure, interleaved, seconds } from "./ratio.ts";
import { lineFigures } from "./slow-line.ts";
import { empty, fill, makeTwin, type Twin, tool } from "./twin.ts";

const MIB = 2 ** 20;
const SIZE_BYTES = 512 * MIB;

const SPARSE_BYTES = 10 * 1024 * MIB;
const PIECES = 100;
const PIECE_BYTES = MIB;
/** They take a second each, in which much else may happen. */
const SPARSE_ROUNDS = 9;

export async function toolFigures(cloud: Cloud): Promise<Figure[]> {
  const dir = await mkdtemp(join(cloud.home, "bench-"));
  try {
    const image = join(dir, "image.raw");
    await writeImage(image, SIZE_BYTES);
    const figures: Figure[] = [];
    for (const cipher of ["none", "aes-xts-plain"] as const)
      figures.push(...(await upAndDown(cloud, dir, cipher, image)));
    await destroyFilled(cloud);
    await rm(image);
    figures.push(await sparse(cloud, dir));
    figures.push(...(await lineFigures(dir)));
    return figures;
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function upAndDown(cloud: Cloud, dir: string, cipher: Cipher, image: string): Promise<Figure[]> {
  const twin = await makeTwin(dir, cipher, SIZE_BYTES);
  const carried = { image, sizeBytes: SIZE_BYTES, cipher };
  const goals = { up: cipher === "none" ? null : 0.9, down: null };
  const figures = await toolsBeside(cloud, dir, carried, converter(twin), goals);
  await rm(twin.file);
  return figures;
}

const CONVERT = "qemu-img convert -t writeback; sync";

/** QEMU's own tool, between an image and the drive's twin. */
const converter = (twin: Twin): Carrier => ({
  upBy: CONVERT,
  downBy: CONVERT,
  async upload(image) {
    await empty(twin);
    return seconds(async () => {
      await fill(twin, image);
      await tool(["sync", twin.file]);
    });
  },
  async download(file) {
    await rm(file, { force: true });
    const from = [...twin.secret, "--image-opts", twin.options];
    return seconds(async () => {
      await tool(["qemu-img", "convert", "-t", "writeback", "-O", "raw", ...from, file]);
      await tool(["sync", file]);
    });
  },
});

/** An image of 10 GiB that holds 100 MiB, against one of 100 MiB that is full. */
async function sparse(cloud: Cloud, dir: string): Promise<Figure> {
  const [wide, narrow] = [join(dir, "wide.raw"), join(dir, "narrow.raw")];
  await writeSparseImage(wide, SPARSE_BYTES, PIECES, PIECE_BYTES);
  await writeSparseImage(narrow, PIECES * PIECE_BYTES, PIECES, PIECE_BYTES);
  const { ours, reference, ...measured } = await interleaved(
    SPARSE_ROUNDS,
    () => newByTool(cloud, wide),
    () => newByTool(cloud, narrow),
  );
  return {
    ...{ what: "upload 10 GiB holding 100 MiB", unit: "ms", against: "an image of 100 MiB that is full" },
    ...{ ours: ours * 1000, reference: reference * 1000, ...measured },
    goal: { atMost: 1.5 },
  };
}
