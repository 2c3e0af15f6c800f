/**
 * The console in a browser: the page of all servers of one who has very many, beside a blank page of the same browser. No task
 * of it may hold up the page for as long as somebody notices, neither while it opens nor while it is filtered.
 */
import { type Cost, Measured, MOST_HEAP_BYTES } from "../console/test/measured.ts";
import { openCloud } from "../testing/cloud.ts";
import { crowd } from "./crowd.ts";
import { NO_BOUNDS } from "./no-bounds.ts";
import { type Figure, median } from "./ratio.ts";

const SERVERS = 10_000;
const ROUNDS = 3;
const MIB = 2 ** 20;

/** What holds up a page for longer is felt (RAIL: a response). */
const LONGEST_MS = 100;

const BLANK = "a blank page of the same browser";

export async function consoleFigures(): Promise<Figure[]> {
  const cloud = await openCloud(NO_BOUNDS);
  try {
    await crowd(cloud, SERVERS);
    const measured = await Measured.open(cloud.url, cloud.auth);
    try {
      return await figuresOf(measured);
    } finally {
      await measured.close();
    }
  } finally {
    await cloud.close();
  }
}

async function figuresOf(measured: Measured): Promise<Figure[]> {
  const lists: Cost[] = [];
  const blanks: Cost[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    lists.push(await measured.list(SERVERS));
    blanks.push(await measured.blank());
  }
  const of = (key: keyof Cost) => ({
    ours: median(lists.map((each) => each[key])),
    reference: median(blanks.map((each) => each[key])),
    against: BLANK,
  });
  const what = `a page of ${SERVERS} servers`;
  const heap = of("heapBytes");
  return [
    { what: `${what}: its first paint`, ...of("firstPaintMs"), unit: "ms", goal: null },
    {
      what: `${what}: longest task as it opens`,
      ...of("openingMs"),
      unit: "ms",
      goal: { within: LONGEST_MS },
    },
    {
      what: `${what}: longest task as it is filtered`,
      ...of("filteringMs"),
      unit: "ms",
      goal: { within: LONGEST_MS },
    },
    {
      what: `${what}: heap`,
      ...{ ...heap, ours: heap.ours / MIB, reference: heap.reference / MIB },
      ...{ unit: "MiB", goal: { within: MOST_HEAP_BYTES / MIB } },
    },
  ];
}
