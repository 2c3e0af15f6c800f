/** `elastichosts-download`: saves a drive as an image file (spec: the row "Read binary data from a drive"). */
import { statSync } from "node:fs";
import { pathOfText } from "../terminal/byte-text.ts";
import { interruption } from "../terminal/interruption.ts";
import { meter } from "../terminal/meter.ts";
import { OutputFailure } from "../terminal/outputs.ts";
import { ownWords } from "../terminal/words.ts";
import { download } from "./download.ts";
import { CHUNK_BYTES } from "./drive.ts";
import { findEndpoint } from "./endpoint.ts";
import { runTool, UsageFailure } from "./failure.ts";
import { GzipFile, gzippedBytes } from "./gzip-file.ts";
import { ENVIRONMENT_HELP, readOptions, sizeOption } from "./options.ts";
import { type Sink, SparseFile, toOutput } from "./sink.ts";
import { Unfinished } from "./transfer.ts";

const HELP = `Usage: elastichosts-download [-c CHUNK] [-o OFFSET | -r] [-z] DRIVE [FILE]

Saves a drive as FILE, by default DRIVE.raw (DRIVE.raw.gz with -z), fetching several chunks at once.
What is zero becomes holes of the file. FILE - is standard output.
A chunk that fails is tried again; a download that broke off says how to resume it.

  -c CHUNK     bytes in a chunk, by default and at most ${CHUNK_BYTES}
  -o OFFSET    begin at this byte of the drive; what FILE holds before it is kept
  -r           resume: begin where FILE ends; with -z, behind its last whole chunk
  -z           gzip the output: a member of its own for each chunk
  --help       this text

CHUNK and OFFSET take k, M, G and T.

${ENVIRONMENT_HELP}
`;

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = readOptions(args, {
    chunk: { type: "string", short: "c", default: String(CHUNK_BYTES) },
    offset: { type: "string", short: "o" },
    resume: { type: "boolean", short: "r", default: false },
    gzip: { type: "boolean", short: "z", default: false },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) return void process.stdout.write(HELP);
  const [drive, named, ...more] = positionals;
  if (drive === undefined || more.length > 0)
    throw new UsageFailure("one DRIVE is to be given, and at most one FILE");
  const file = named ?? `${drive}.raw${values.gzip ? ".gz" : ""}`;
  if (values.resume && values.offset !== undefined) throw new UsageFailure("-o and -r exclude each other");
  if (values.resume && file === "-")
    throw new UsageFailure("-r needs a FILE, which says where to begin: give -o instead");
  const offset = values.resume
    ? await doneBytes(file, values.gzip)
    : sizeOption("-o", values.offset ?? "0", 0);
  const chunkBytes = sizeOption("-c", values.chunk, 1, CHUNK_BYTES);
  const dependencies = {
    endpoint: await findEndpoint(),
    // Standard output may be the image itself.
    meter: meter(file === "-" ? process.stderr : process.stdout, process.stderr),
    signal: interruption(),
  };
  try {
    await download(
      { drive, chunkBytes, offset, open: () => openSink(file, offset, values.gzip) },
      dependencies,
    );
  } catch (error) {
    if (!(error instanceof Unfinished)) throw error;
    if (file === "-") throw endOfOutput(error);
    const options = ["-o", String(error.offset), ...(values.gzip ? ["-z"] : [])];
    throw error.resumable("elastichosts-download", chunkBytes, options, [drive, file]);
  }
}

/** Where the bytes of standard output went is not known here, and so neither is a command that goes on behind them. */
function endOfOutput(error: Unfinished): Error {
  if (error.cause instanceof OutputFailure) return error.cause;
  const { message, offset } = error;
  return new Error(`${message}; standard output holds the first ${offset} bytes of the drive`, {
    cause: error,
  });
}

/** How much of the drive a file holds already. */
async function doneBytes(file: string, gzipped: boolean): Promise<number> {
  if (gzipped) return await gzippedBytes(file);
  return statSync(pathOfText(file), { throwIfNoEntry: false })?.size ?? 0;
}

async function openSink(file: string, offset: number, gzipped: boolean): Promise<Sink> {
  if (file === "-") return toOutput(gzipped);
  return gzipped ? await GzipFile.open(file, offset) : await SparseFile.open(file, offset);
}

await runTool("elastichosts-download", "progress", () => main(ownWords()));
