/**
 * Bytes in and out of a drive, durable, against QEMU's own tools with the same kind of file: what the API, the streams
 * and NBD cost on top of QEMU's block layer.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { giveBack } from "../src/api/give-back.ts";
import { createImage, imageName } from "../src/host/blocks/image-file.ts";
import { type Cloud, runToEnd } from "../test/cloud.ts";
import { type Cipher, destroyFilled, driveToFill, newDrive } from "./drives.ts";
import { type Figure, inTurns, seconds } from "./ratio.ts";

const AGENT = new http.Agent({ keepAlive: true });
const MIB = 2 ** 20;
const CHUNK_BYTES = 4 * MIB;
const CHUNKS = 64;
const IN_FLIGHT = 4;
const ROUNDS = 3;
const SIZE_BYTES = CHUNKS * CHUNK_BYTES;

/** A file of the same kind as a drive's, and how QEMU's tools are told to open it. */
type Twin = {
  readonly file: string;
  readonly options: readonly string[];
  readonly target: readonly string[];
};

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
    const twin = await makeTwin(dir, cipher);
    // Into a new file, as ours goes into a new drive, and durable, as every write of the API is.
    const empty = `${twin.file}.empty`;
    await copyFile(twin.file, empty);
    const convert = async () => {
      await runToEnd(["cp", "--sparse=always", empty, twin.file]);
      return seconds(async () => {
        await qemuImg([
          "convert",
          "-n",
          "-t",
          "writeback",
          "-f",
          "raw",
          ...twin.options,
          source,
          ...twin.target,
        ]);
        await runToEnd(["sync", twin.file]);
      });
    };
    for (const encoding of ["plain", "gzip"] as const) {
      const body = encoding === "gzip" ? zipped : chunk;
      const measured = await inTurns(ROUNDS, () => upload(cloud, cipher, body, encoding), convert);
      figures.push(rates(`write, ${encoding}, ${cipher}`, measured, "qemu-img convert -t writeback; sync"));
    }
    const drive = await filledDrive(cloud, cipher, chunk);
    const out = join(dir, "out.raw");
    const measured = await inTurns(
      ROUNDS,
      () => seconds(() => inFlight((offset) => ask(cloud, `drives/${drive}/read/${offset}/${CHUNK_BYTES}`))),
      async () => {
        await rm(out, { force: true });
        return seconds(() => qemuImg(dd(twin, out)));
      },
    );
    figures.push(rates(`read, ${cipher}`, measured, "qemu-img dd"));
    await cloud.act(`drives/${drive}/destroy`);
  }
  await destroyFilled(cloud);
  await rm(dir, { recursive: true });
  return figures;
}

function rates(what: string, measured: { ours: number; reference: number }, against: string): Figure {
  const rate = (time: number) => SIZE_BYTES / MIB / time;
  return {
    what,
    ours: rate(measured.ours),
    reference: rate(measured.reference),
    unit: "MiB/s",
    against,
    goal: { atLeast: 0.8 },
  };
}

/** The file is made as a drive's is: qemu-img times its key derivation, which fails on processors that are quick at it. */
async function makeTwin(dir: string, cipher: Cipher): Promise<Twin> {
  await mkdir(join(dir, "drives"), { recursive: true });
  const drive = { uuid: randomUUID(), sizeBytes: SIZE_BYTES, cipher };
  const secret = cipher === "none" ? null : "a key of the bench's own";
  await createImage({ home: dir, scratchDir: dir, uid: null }, { ...drive, secret });
  const file = join(dir, imageName(drive));
  if (secret === null) return { file, options: [], target: ["-O", "raw", file] };
  const key = join(dir, "key");
  await writeFile(key, secret);
  return {
    file,
    options: ["--object", `secret,id=k,file=${key}`],
    target: ["--target-image-opts", `driver=qcow2,encrypt.key-secret=k,file.filename=${file}`],
  };
}

function dd(twin: Twin, out: string): string[] {
  const [kind, ...words] = twin.target;
  if (kind === "-O") return ["dd", "-f", "raw", "-O", "raw", "bs=4M", `if=${words[1]}`, `of=${out}`];
  return ["dd", ...twin.options, "--image-opts", "-O", "raw", "bs=4M", `if=${words[0]}`, `of=${out}`];
}

async function qemuImg(words: readonly string[]): Promise<void> {
  const { code, stderr } = await runToEnd(["qemu-img", ...words]);
  if (code !== 0) throw new Error(`qemu-img ${words.join(" ")}: ${stderr}`);
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

/** One request over a connection that is kept; what comes back is counted, not kept, so that the client costs little. */
async function ask(
  cloud: Cloud,
  path: string,
  { body, headers = {} }: { body?: Uint8Array; headers?: Record<string, string> } = {},
): Promise<void> {
  const method = body === undefined ? "GET" : "POST";
  const request = http.request(new URL(path, cloud.url), { agent: AGENT, auth: cloud.auth, method, headers });
  request.end(body);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  for await (const chunk of response) giveBack(chunk);
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
