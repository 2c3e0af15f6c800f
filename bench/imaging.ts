/**
 * Imaging a drive against QEMU's own tools and pigz, between files of the same kind, durable on both sides: what the
 * queue, the file that takes the other's place and the streams through NBD cost.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Cloud } from "../testing/cloud.ts";
import { type Cipher, destroyFilled, driveToFill, newDrive } from "./drives.ts";
import { type Figure, interleaved, rates, seconds } from "./ratio.ts";
import { empty, fill, makeTwin, tool } from "./twin.ts";

const MIB = 2 ** 20;
const CHUNK_BYTES = 4 * MIB;
const CHUNKS = 128;
const SIZE_BYTES = CHUNKS * CHUNK_BYTES;
const ROUNDS = 5;
/** Seldom enough that asking takes nothing from what is measured, on two cores. */
const POLL_MS = 10;

const SPARSE_BYTES = 10 * 1024 * MIB;
/** What the sparse drive holds, in pieces of this size that are far apart. */
const PIECE_BYTES = MIB;
const PIECES = 100;

const CIPHERS: readonly Cipher[] = ["none", "aes-xts-plain"];

export async function imagingFigures(cloud: Cloud): Promise<Figure[]> {
  const dir = await mkdtemp(join(cloud.home, "bench-"));
  try {
    const figures: Figure[] = [];
    // Half noise, half repetition: gzip has something to do, and nothing to skip.
    const chunk = Buffer.concat([
      randomBytes(CHUNK_BYTES / 2),
      Buffer.alloc(CHUNK_BYTES / 2, "Lodge never loses a byte. "),
    ]);
    const raw = join(dir, "source.raw");
    await writeFile(raw, "");
    for (let index = 0; index < CHUNKS; index++) await writeFile(raw, chunk, { flag: "a" });
    const zipped = join(dir, "source.gz");
    await shell(`pigz -1 -c ${raw} > ${zipped}`);
    for (const cipher of CIPHERS) {
      figures.push(await plain(cloud, dir, cipher, raw));
      figures.push(...(await unpacking(cloud, dir, cipher, zipped)));
      figures.push(await packing(cloud, dir, cipher, raw));
      figures.push(await sparse(cloud, cipher));
    }
    await destroyFilled(cloud);
    return figures;
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function plain(cloud: Cloud, dir: string, cipher: Cipher, raw: string): Promise<Figure> {
  const source = await driveFrom(cloud, cipher, raw, SIZE_BYTES);
  const [from, onto] = [await makeTwin(dir, cipher, SIZE_BYTES), await makeTwin(dir, cipher, SIZE_BYTES)];
  await fill(from, raw);
  const measured = await interleaved(
    ROUNDS,
    () => imaging(cloud, cipher, source),
    async () => {
      await empty(onto);
      return seconds(async () => {
        const words = [...onto.secret, "--image-opts", from.options, "--target-image-opts", onto.options];
        await tool(["qemu-img", "convert", "-n", "-t", "writeback", ...words]);
        await tool(["sync", onto.file]);
      });
    },
  );
  await cloud.act(`drives/${source}/destroy`);
  return rates(SIZE_BYTES, `image, ${cipher}`, measured, "qemu-img convert -t writeback; sync", 1);
}

/**
 * qemu-img dd reads no pipe ("requires … to be a regular file"). What it could do at best with pigz in front of it is
 * both at once, each with its input at hand; what can be had is one after the other, by way of a file in memory.
 */
async function unpacking(cloud: Cloud, dir: string, cipher: Cipher, zipped: string): Promise<Figure[]> {
  const source = await driveFrom(cloud, cipher, zipped, SIZE_BYTES);
  const onto = await makeTwin(dir, cipher, SIZE_BYTES);
  const between = `/dev/shm/lodge-bench-${randomUUID()}`;
  const inPlace = async () => {
    await fill(onto, between);
    await tool(["sync", onto.file]);
  };
  const oneAfterTheOther: number[] = [];
  const measured = await interleaved(
    ROUNDS,
    () => imaging(cloud, cipher, source, "/gunzip"),
    async () => {
      await empty(onto);
      oneAfterTheOther.push(
        await seconds(async () => {
          await shell(`pigz -dc ${zipped} > ${between}`);
          await inPlace();
        }),
      );
      await empty(onto);
      return seconds(() => Promise.all([shell(`pigz -dc ${zipped} > /dev/null`), inPlace()]));
    },
  );
  await rm(between);
  await cloud.act(`drives/${source}/destroy`);
  const reference = oneAfterTheOther.toSorted((one, other) => one - other)[ROUNDS >> 1] ?? 0;
  const what = `image, gunzip, ${cipher}`;
  return [
    rates(SIZE_BYTES, what, measured, "pigz -d and qemu-img dd; sync, both at once", 0.8),
    rates(SIZE_BYTES, what, { ours: measured.ours, reference }, "pigz -d, then qemu-img dd; sync", 0.8),
  ];
}

async function packing(cloud: Cloud, dir: string, cipher: Cipher, raw: string): Promise<Figure> {
  const source = await driveFrom(cloud, cipher, raw, SIZE_BYTES);
  const out = join(dir, "out.gz");
  const measured = await interleaved(
    2,
    () => imaging(cloud, cipher, source, "/gzip"),
    () => seconds(() => shell(`pigz -n -c ${raw} > ${out}; sync ${out}`)),
  );
  await cloud.act(`drives/${source}/destroy`);
  return rates(SIZE_BYTES, `image, gzip, ${cipher}`, measured, "pigz between two plain files; sync", null);
}

/** A drive of 10 GiB that holds 100 MiB, against one of 100 MiB that is full. */
async function sparse(cloud: Cloud, cipher: Cipher): Promise<Figure> {
  const [wide, narrow] = [
    await newDrive(cloud, cipher, SPARSE_BYTES),
    await newDrive(cloud, cipher, PIECES * PIECE_BYTES),
  ];
  const step = Math.floor(SPARSE_BYTES / PIECES);
  for (let index = 0; index < PIECES; index++) {
    const body = randomBytes(PIECE_BYTES);
    await write(cloud, wide, index * step, body);
    await write(cloud, narrow, index * PIECE_BYTES, body);
  }
  const measured = await interleaved(
    ROUNDS,
    () => imaging(cloud, cipher, wide, "", SPARSE_BYTES),
    () => imaging(cloud, cipher, narrow, "", PIECES * PIECE_BYTES),
  );
  for (const drive of [wide, narrow]) await cloud.act(`drives/${drive}/destroy`);
  return {
    what: `image 10 GiB holding 100 MiB, ${cipher}`,
    ours: measured.ours * 1000,
    reference: measured.reference * 1000,
    unit: "ms",
    against: "a drive of 100 MiB that is full",
    goal: { atMost: 1.5 },
  };
}

/** The seconds from the request until the new drive is imaged. */
async function imaging(
  cloud: Cloud,
  cipher: Cipher,
  source: string,
  conversion = "",
  size = SIZE_BYTES,
): Promise<number> {
  const drive = await driveToFill(cloud, cipher, size);
  const taken = await seconds(async () => {
    await cloud.act(`drives/${drive}/image/${source}${conversion}`);
    while ((await cloud.info(`drives/${drive}/info`)).has("imaging")) await delay(POLL_MS);
  });
  const reason = (await cloud.info(`drives/${drive}/info`)).get("imaging:error");
  if (reason !== undefined) throw new Error(reason);
  return taken;
}

/** A drive that begins with what the file holds. */
async function driveFrom(cloud: Cloud, cipher: Cipher, file: string, size: number): Promise<string> {
  const drive = await newDrive(cloud, cipher, size);
  let offset = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    await write(cloud, drive, offset, chunk as Buffer);
    offset += (chunk as Buffer).length;
  }
  return drive;
}

async function write(cloud: Cloud, drive: string, offset: number, body: Uint8Array): Promise<void> {
  const { status, text } = await cloud.ask(`drives/${drive}/write/${offset}`, { body });
  if (status !== 204) throw new Error(text);
}

const shell = (command: string) => tool(["sh", "-c", command]);
