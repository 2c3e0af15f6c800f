/** The create of an encrypted drive, request to answer, beside `cryptsetup` that makes the same header by itself. */
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cloud } from "../testing/cloud.ts";
import { runToEnd } from "../testing/run.ts";
import { newDrive } from "./drives.ts";
import { type Figure, interleaved, seconds } from "./ratio.ts";

const ROUNDS = 25;
const DRIVE_BYTES = 2 ** 30;
/** Where the key slots of a header end, and more. */
const CONTAINER_BYTES = 4 * 2 ** 20;
const WITHIN_MS = 35;

const FORMAT = [
  ...["/usr/sbin/cryptsetup", "--batch-mode", "luksFormat", "--type=luks1", "--cipher=aes-xts-plain64"],
  ...["--key-size=512", "--hash=sha256", "--pbkdf-force-iterations=1000", "--key-file=-"],
];

export async function createFigures(cloud: Cloud): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-bench-"));
  try {
    const container = join(folder, "container");
    await writeFile(container, "");
    const time = await interleaved(
      ROUNDS,
      async () => 1000 * (await created(cloud)),
      async () => 1000 * (await formatted(container)),
    );
    const against = "cryptsetup luksFormat of an empty file, of the same cipher and iterations";
    const goal = { within: WITHIN_MS };
    return [{ what: "create of an encrypted drive", ...time, unit: "ms", against, goal }];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function created(cloud: Cloud): Promise<number> {
  let drive = "";
  const time = await seconds(async () => {
    drive = await newDrive(cloud, "aes-xts-plain", DRIVE_BYTES);
  });
  await cloud.act(`drives/${drive}/destroy`);
  return time;
}

async function formatted(container: string): Promise<number> {
  await truncate(container, 0);
  await truncate(container, CONTAINER_BYTES);
  return seconds(async () => {
    const { code, stderr } = await runToEnd(
      [...FORMAT, container],
      "a key of the bench's own, as long as a drive's",
    );
    if (code !== 0) throw new Error(stderr);
  });
}
