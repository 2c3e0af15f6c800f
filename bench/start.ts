/**
 * How long the daemon takes to start, from its exec to the line that says it is ready, with what Node compiled before at hand.
 * The reference is the start of Node alone, which tells how fast the machine is; the goal is a time.
 */
import { type Cloud, openCloud } from "../testing/cloud.ts";
import { processorMs } from "../testing/proc.ts";
import { runToEnd } from "../testing/run.ts";
import { crowd } from "./crowd.ts";
import { NO_BOUNDS } from "./no-bounds.ts";
import { type Figure, interleaved, median, seconds } from "./ratio.ts";

const ROUNDS = 9;
const OBJECTS = 10_000;

export async function startFigures(): Promise<Figure[]> {
  const cloud = await openCloud(NO_BOUNDS);
  try {
    const empty = await started(cloud, "an empty cloud", 600);
    await crowd(cloud, OBJECTS);
    return [
      ...empty,
      ...(await started(cloud, `a cloud of ${OBJECTS} stopped servers and as many drives`, 1000)),
    ];
  } finally {
    await cloud.close();
  }
}

async function started(cloud: Cloud, what: string, withinMs: number): Promise<Figure[]> {
  const spent: number[] = [];
  const time = await interleaved(ROUNDS, start, async () => 1000 * (await seconds(node)));
  const against = "the start of Node, which does nothing";
  const processor = { ours: median(spent), reference: time.reference };
  return [
    { what: `start of ${what}`, ...time, unit: "ms", against, goal: { within: withinMs } },
    {
      what: "its processor time, that of what it runs counted",
      ...processor,
      unit: "ms",
      against,
      goal: null,
    },
  ];

  async function start(): Promise<number> {
    await cloud.stop();
    const time = await seconds(() => cloud.start());
    spent.push(await processorMs(cloud.pid));
    return 1000 * time;
  }
}

async function node(): Promise<void> {
  const { code } = await runToEnd([process.execPath, "-e", "0"]);
  if (code !== 0) throw new Error(`Node ended with ${code}`);
}
