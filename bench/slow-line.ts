/**
 * An upload over a line of 100 Mbit/s against the same with every chunk gzipped, which is what the tool did before it judged
 * them. The line is the loopback of a network namespace, in which there is a cloud of its own; so it takes root.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cloud } from "../testing/cloud.ts";
import { BIN, runToEnd } from "../testing/run.ts";
import { writeImage } from "./carried.ts";
import { NO_BOUNDS } from "./no-bounds.ts";
import { type Figure, interleaved, rates, seconds } from "./ratio.ts";
import { tool } from "./twin.ts";

/** An address that does not look like this machine's own: what is near may have a fast line. */
const ADDRESS = "198.51.100.2";
/** A kernel without netem may still have tbf, which shapes as well (tc-tbf(8)). */
const SHAPE = "tbf rate 100mbit burst 64kb latency 200ms".split(" ");

const SIZE_BYTES = 128 * 2 ** 20;
const ROUNDS = 3;

export async function lineFigures(dir: string): Promise<Figure[]> {
  if (process.getuid?.() !== 0) return [];
  const image = join(dir, "image.raw");
  await writeImage(image, SIZE_BYTES);
  const netns = `lodge-bench-${randomBytes(4).toString("hex")}`;
  const inside = ["ip", "netns", "exec", netns];
  await tool(["ip", "netns", "add", netns]);
  try {
    await tool(["ip", "-n", netns, "address", "add", `${ADDRESS}/32`, "dev", "lo"]);
    await tool(["ip", "-n", netns, "link", "set", "lo", "mtu", "1500", "up"]);
    await tool(["tc", "-n", netns, "qdisc", "add", "dev", "lo", "root", ...SHAPE]);
    const env = { ...NO_BOUNDS, LODGE_LISTEN: `${ADDRESS}:0`, LODGE_INSECURE: "1" };
    const cloud = new Cloud(await mkdtemp(join(tmpdir(), "lodge-bench-")), env, (command) => [
      ...inside,
      ...command,
    ]);
    try {
      await cloud.start();
      const measured = await interleaved(
        ROUNDS,
        () => upload(cloud, inside, image, "auto"),
        () => upload(cloud, inside, image, "always"),
      );
      // A line has its own noise; what is slower by more than that is slower.
      return [rates(SIZE_BYTES, "upload over 100 Mbit/s", measured, "the same with --gzip always", 0.97)];
    } finally {
      await cloud.stop();
      await run(inside, cloud, "lodge", ["down"]);
      await cloud.close();
    }
  } finally {
    await tool(["ip", "netns", "delete", netns]);
  }
}

/** The seconds that the tool takes to make a drive and fill it. */
async function upload(
  cloud: Cloud,
  inside: readonly string[],
  image: string,
  gzip: "auto" | "always",
): Promise<number> {
  let printed = "";
  const taken = await seconds(async () => {
    printed = await run(inside, cloud, "elastichosts-upload", ["--gzip", gzip, image]);
  });
  const [, drive = ""] = /^Created drive (\S+)/.exec(printed) ?? [];
  await run(inside, cloud, "elastichosts", ["drives", drive, "destroy"]);
  return taken;
}

async function run(
  inside: readonly string[],
  { url, auth, home }: Cloud,
  name: string,
  words: readonly string[],
): Promise<string> {
  const env = { EHURI: url, EHAUTH: auth, LODGE_HOME: home };
  const { code, stdout, stderr } = await runToEnd([...inside, join(BIN, name), ...words], "", env);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}
