/**
 * Bytes in and out of a drive, durable, against QEMU's own tools with the same kind of file: what the API, the streams
 * and NBD cost on top of QEMU's block layer.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, open, rm } from "node:fs/promises";
import http from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { giveBack } from "../src/base/transfer-memory.ts";
import type { Cloud } from "../testing/cloud.ts";
import { type Cipher, destroyFilled, driveToFill, newDrive } from "./drives.ts";
import { type Figure, interleaved, rates, seconds } from "./ratio.ts";
import { empty, fill, makeTwin, tool } from "./twin.ts";

const AGENT = new http.Agent({ keepAlive: true });
const MIB = 2 ** 20;
const CHUNK_BYTES = 4 * MIB;
const CHUNKS = 64;
const IN_FLIGHT = 4;
const ROUNDS = 3;
const SIZE_BYTES = CHUNKS * CHUNK_BYTES;

/**
 * Who reads: the bench's own client costs little, as it frees what came; a plain one of node:http leaves that to the engine. To
 * write, the two do the same.
 */
const CLIENTS: readonly (readonly [client: string, take: (chunk: Buffer) => void])[] = [
  ["", giveBack],
  [" by a plain client", () => {}],
];

export async function byteFigures(cloud: Cloud): Promise<Figure[]> {
  const dir = await mkdtemp(join(cloud.home, "bench-"));
  // Half noise, half repetition: gzip has something to do, and nothing to skip.
  const noise = randomBytes(CHUNK_BYTES / 2);
  const chunk = Buffer.concat([noise, Buffer.alloc(CHUNK_BYTES / 2, "Lodge never loses a byte. ")]);
  const zipped = await promisify(gzip)(chunk, { level: 1 });
  const source = join(dir, "source.raw");
  const file = await open(source, "w");
  for (let index = 0; index < CHUNKS; index++) await file.write(chunk);
  await file.close();

  const figures: Figure[] = [];
  for (const cipher of ["none", "aes-xts-plain"] as const) {
    const twin = await makeTwin(dir, cipher, SIZE_BYTES);
    // Into a new file, as ours goes into a new drive, and durable, as every write of the API is.
    const convert = async () => {
      await empty(twin);
      return seconds(async () => {
        await fill(twin, source);
        await tool(["sync", twin.file]);
      });
    };
    for (const encoding of ["plain", "gzip"] as const) {
      const body = encoding === "gzip" ? zipped : chunk;
      const measured = await interleaved(ROUNDS, () => upload(cloud, cipher, body, encoding), convert);
      figures.push(
        rates(
          SIZE_BYTES,
          `write, ${encoding}, ${cipher}`,
          measured,
          "qemu-img convert -t writeback; sync",
          cipher === "none" ? 0.6 : encoding === "gzip" ? 0.8 : 0.9,
        ),
      );
    }
    const drive = await filledDrive(cloud, cipher, chunk);
    const out = join(dir, "out.raw");
    const dd = async () => {
      await rm(out, { force: true });
      const words = [...twin.secret, "--image-opts", "-O", "raw", "bs=4M", `if=${twin.options}`, `of=${out}`];
      return seconds(() => tool(["qemu-img", "dd", ...words]));
    };
    for (const [client, take] of CLIENTS) {
      const read = (offset: number) => ask(cloud, `drives/${drive}/read/${offset}/${CHUNK_BYTES}`, { take });
      const measured = await interleaved(ROUNDS, () => seconds(() => inFlight(read)), dd);
      const goal = cipher === "none" ? 0.6 : 0.9;
      figures.push(rates(SIZE_BYTES, `read${client}, ${cipher}`, measured, "qemu-img dd", goal));
    }
    await cloud.act(`drives/${drive}/destroy`);
  }
  await destroyFilled(cloud);
  await rm(dir, { recursive: true });
  return figures;
}

/** The seconds that it takes to fill a new drive. */
async function upload(
  cloud: Cloud,
  cipher: Cipher,
  body: Uint8Array,
  encoding: "plain" | "gzip",
): Promise<number> {
  const drive = await driveToFill(cloud, cipher, SIZE_BYTES);
  const headers: Record<string, string> = encoding === "gzip" ? { "content-encoding": "gzip" } : {};
  const taken = await seconds(() =>
    inFlight((offset) => ask(cloud, `drives/${drive}/write/${offset}`, { body, headers })),
  );
  return taken;
}

async function filledDrive(cloud: Cloud, cipher: Cipher, chunk: Uint8Array): Promise<string> {
  const drive = await newDrive(cloud, cipher, SIZE_BYTES);
  await inFlight((offset) => ask(cloud, `drives/${drive}/write/${offset}`, { body: chunk }));
  return drive;
}

type Asked = {
  readonly body?: Uint8Array;
  readonly headers?: Record<string, string>;
  /** What becomes of a chunk that came back. */
  readonly take?: (chunk: Buffer) => void;
};

/** One request over a connection that is kept. */
async function ask(
  cloud: Cloud,
  path: string,
  { body, headers = {}, take = giveBack }: Asked = {},
): Promise<void> {
  const method = body === undefined ? "GET" : "POST";
  const request = http.request(new URL(path, cloud.url), { agent: AGENT, auth: cloud.auth, method, headers });
  request.end(body);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  for await (const chunk of response) take(chunk);
  if ((response.statusCode ?? 0) >= 400) throw new Error(`${path}: ${response.statusCode}`);
}

/** Transfers all chunks, several at once. */
async function inFlight(transfer: (offset: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < CHUNKS) await transfer(next++ * CHUNK_BYTES);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}
