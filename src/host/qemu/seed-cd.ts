/**
 * The CD of a server's seed: an image by xorriso, of ISO 9660 with Joliet and Rock Ridge, labelled `cidata`, as cloud-init
 * looks for it (NoCloud). What is on it may be secret: xorriso reads it off files in memory, which go as soon as it is done, and
 * writes the image into a pipe, in a sandbox with nothing else of the machine, as the user whom the server's QEMU will be.
 */
import { chown, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { DeadlineExceeded } from "../../base/deadline.ts";
import { allSettled } from "../../base/settled.ts";
import type { Seed } from "../host.ts";
import type { Cage } from "../process/cage.ts";
import type { Sandboxer } from "../process/sandbox.ts";
import { startWorker } from "../process/worker.ts";

const LABEL = "cidata";
/** What it may take on a machine that is busy; else it takes some 20 ms. */
const DEADLINE_MS = 15_000;
/** More than xorriso makes of the longest seed. */
const MOST_BYTES = 2 * 2 ** 20;
/** The time that everything on it bears, in seconds since the epoch: so the same seed makes the same bytes. */
const MADE = "946684800";

/** It reads no settings of anybody's, and says nothing where all is well. */
const COMMAND = [
  ...["xorrisofs", "--no_rc", "-quiet", "-volid", LABEL, "-joliet", "-rational-rock"],
  // What it adds behind the end for drives that read ahead, it need not.
  ...["-no-pad", "--set_all_file_dates", `=${MADE}`],
];

export type SeedCdOptions = {
  /** Where its files are made, in memory: it is not there yet. What a daemon that is killed leaves of it goes with what it is in. */
  readonly folder: string;
  readonly sandboxer: Sandboxer;
  /** The server's; null: this user's own. */
  readonly uid: number | null;
  /** Gives it up. */
  readonly signal: AbortSignal;
};

/** Errors: ProgramMissing; DeadlineExceeded; the signal's; xorriso's, in its words. */
export async function makeSeedCd(
  seed: Seed,
  { folder, sandboxer, uid, signal }: SeedCdOptions,
): Promise<Buffer> {
  const late = AbortSignal.timeout(DEADLINE_MS);
  try {
    await layFiles(folder, seed, uid);
    const worker = startWorker([...COMMAND, folder], {
      ...{ cage: cageOf(uid), sandboxer, view: { reads: [folder] }, env: { SOURCE_DATE_EPOCH: MADE } },
      signal: AbortSignal.any([signal, late]),
    });
    worker.child.stdin.end();
    const [image] = await allSettled([imageIn(worker.child.stdout), worker.done]);
    return image;
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted)
      throw new DeadlineExceeded("the making of a server's seed", DEADLINE_MS, { cause: error });
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The files of the seed, for `uid` alone. */
async function layFiles(folder: string, seed: Seed, uid: number | null): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  for (const { name, content } of seed) {
    const file = join(folder, name);
    await writeFile(file, content, { mode: 0o600 });
    if (uid !== null) await chown(file, uid, uid);
  }
  if (uid !== null) await chown(folder, uid, uid);
}

/** What it makes of so little is soon done, and counts to nobody. */
const cageOf = (uid: number | null): Cage => ({
  uid,
  group: null,
  admit: async () => {},
  clear: async () => {},
});

/** Errors: it is longer than any may be. */
async function imageIn(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > MOST_BYTES) throw new Error(`the CD of a server's seed is longer than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
