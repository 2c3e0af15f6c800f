/** `elastichosts-upload`: makes a drive out of an image file (spec: step 3 of the worked example). */
import { basename } from "node:path";
import { isOneLine } from "../../base/one-line.ts";
import { interruption } from "../terminal/interruption.ts";
import { meter } from "../terminal/meter.ts";
import { writeOut } from "../terminal/outputs.ts";
import { ownWords } from "../terminal/words.ts";
import { CHUNK_BYTES } from "./drive.ts";
import { GZIP_CHOICES, type GzipChoice } from "./encoder.ts";
import { findEndpoint } from "./endpoint.ts";
import { runTool, UsageFailure } from "./failure.ts";
import { ENVIRONMENT_HELP, readOptions, sizeOption } from "./options.ts";
import { Unfinished } from "./transfer.ts";
import { type Upload, upload } from "./upload.ts";

const HELP = `Usage: elastichosts-upload [-c CHUNK] [-d DRIVE] [-n NAME] [-o OFFSET] [-s] [-z] [--gzip WHEN] FILE

Makes a drive as large as the image FILE and uploads it in chunks, several at once: as many as make
it faster. Each chunk is gzipped where that is quicker than sending it as it is. Of a new drive, what is
zero is not sent, and holes of FILE are not even read; a drive given by -d gets zeroes, too.
A chunk that fails is tried again; an upload that broke off says how to resume it.

  -c CHUNK     bytes in a chunk, by default ${CHUNK_BYTES}
  -d DRIVE     write to this drive instead of making one
  -n NAME      the new drive's name, by default the file's
  -o OFFSET    begin at this byte of the image and of the drive, to resume
  -s           several servers may use the new drive at once (claim:type shared)
  -z           FILE is gzipped: upload what it holds
  --gzip WHEN  gzip the chunks auto (where it is quicker, the default), always or never
  --help       this text

CHUNK and OFFSET take k, M, G and T.

${ENVIRONMENT_HELP}
`;

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = readOptions(args, {
    chunk: { type: "string", short: "c", default: String(CHUNK_BYTES) },
    drive: { type: "string", short: "d" },
    name: { type: "string", short: "n" },
    offset: { type: "string", short: "o", default: "0" },
    shared: { type: "boolean", short: "s", default: false },
    gzipped: { type: "boolean", short: "z", default: false },
    gzip: { type: "string", default: "auto" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) return void process.stdout.write(HELP);
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageFailure("one FILE is to be given");
  // The name of a file is bytes, that of a drive is text.
  const name = values.name ?? basename(file).toWellFormed();
  if (values.drive === undefined && !isOneLine(name))
    throw new UsageFailure("the drive's name is to be one line of UTF-8: give another with -n");
  const job: Upload = {
    file,
    gzipped: values.gzipped,
    drive: values.drive ?? null,
    name,
    shared: values.shared,
    gzip: gzipChoice(values.gzip),
    chunkBytes: sizeOption("-c", values.chunk, 1),
    offset: sizeOption("-o", values.offset, 0),
  };
  const dependencies = {
    endpoint: await findEndpoint(),
    meter: meter(process.stdout, process.stderr),
    signal: interruption(),
  };
  try {
    await upload(job, printSurely, dependencies);
  } catch (error) {
    if (!(error instanceof Unfinished)) throw error;
    const { drive, offset } = error;
    const gzip = job.gzip === "auto" ? [] : ["--gzip", job.gzip];
    const options = ["-d", drive, "-o", String(offset), ...(job.gzipped ? ["-z"] : []), ...gzip];
    throw error.resumable("elastichosts-upload", job.chunkBytes, options, [file]);
  }
}

function gzipChoice(text: string): GzipChoice {
  const choice = GZIP_CHOICES.find((each) => each === text);
  if (choice !== undefined) return choice;
  throw new UsageFailure(`--gzip takes ${GZIP_CHOICES.join(", ")}; not "${text}"`);
}

/** Prints a line that is not to be lost: on standard error where standard output does not take it. */
async function printSurely(line: string): Promise<void> {
  try {
    await writeOut(`${line}\n`);
  } catch {
    process.stderr.write(`${line}\n`);
  }
}

await runTool("elastichosts-upload", "progress", () => main(ownWords()));
