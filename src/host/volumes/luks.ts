/**
 * The LUKS header of an encrypted drive (`aes-xts-plain`): AES-256 in XTS mode with plain64 tweaks, its own random
 * master key in a key slot that the drive's secret opens. cryptsetup makes it in some 30 ms, where QEMU takes seconds.
 */
import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../process/process.ts";

/** Where LUKS 1 with a 512-bit key ends: eight key slots, the last one's material not padded. */
export const LUKS_HEADER_BYTES = 2_068_480;
/** cryptsetup wants a device that has space for data behind the header. */
const SCRATCH_BYTES = 4 * 1024 * 1024;
/** The secret is 256 random bits: there is nothing to stretch, and every opening would wait for it. */
const ITERATIONS = 1000;

const SCRATCH_NAME = /^[0-9a-f-]{36}\.luks$/;

/** Whether a file of the scratch folder was for making a header; none is there but while one is made. */
export const isLuksScratch = (name: string) => SCRATCH_NAME.test(name);

/**
 * Makes a header that `secret` opens. It is made in a file of `scratchDir`, which is gone when this answers.
 * Errors: cryptsetup's; it took too long.
 */
export async function makeLuksHeader(uuid: string, secret: string, scratchDir: string): Promise<Buffer> {
  const scratch = join(scratchDir, `${uuid}.luks`);
  try {
    await writeFile(scratch, "", { mode: 0o600 });
    await truncate(scratch, SCRATCH_BYTES);
    const options = ["--batch-mode", "--type=luks1", "--cipher=aes-xts-plain64", "--key-size=512"];
    const derivation = ["--hash=sha256", `--pbkdf-force-iterations=${ITERATIONS}`, "--key-file=-"];
    await run(["cryptsetup", "luksFormat", ...options, ...derivation, scratch], secret);
    return (await readFile(scratch)).subarray(0, LUKS_HEADER_BYTES);
  } finally {
    await rm(scratch, { force: true });
  }
}
