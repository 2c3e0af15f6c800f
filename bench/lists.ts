/**
 * Lists and infos of all objects of a user who has many: against a bare server of Node's that has them in memory and
 * answers what `JSON.stringify` makes of them, and how long another user waits meanwhile.
 */
import { Agent } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { type Cloud, openCloud } from "../testing/cloud.ts";
import { runToEnd } from "../testing/run.ts";
import { makeUser } from "../testing/user.ts";
import { startBeside } from "./beside.ts";
import { bytesOf } from "./bytes-of.ts";
import { crowd } from "./crowd.ts";
import { NO_BOUNDS } from "./no-bounds.ts";
import { type Figure, interleaved, rates, seconds } from "./ratio.ts";

const OBJECTS = 10_000;
const ROUNDS = 15;
const PATHS = ["servers/info", "drives/info", "servers/list", "drives/list"];
const ATLEAST = 0.7;
/** How long the longest of another's questions may wait. */
const LONGEST_MS = 20;
/** How often it is looked whether they are over where nothing else is done. */
const BESIDE_NOTHING_MS = 20;

export async function listFigures(): Promise<Figure[]> {
  const cloud = await openCloud(NO_BOUNDS);
  try {
    const other = await makeUser(cloud, "other");
    await crowd(cloud, OBJECTS);
    const figures: Figure[] = [];
    for (const path of PATHS) figures.push(...(await listed(cloud, path, other.auth)));
    return figures;
  } finally {
    await cloud.close();
  }
}

async function listed(cloud: Cloud, path: string, other: string): Promise<Figure[]> {
  using agent = asDisposable(new Agent({ keepAlive: true }));
  const headers = { authorization: basic(cloud.auth), accept: "application/json" };
  const all = () => bytesOf(`${cloud.url}${path}`, agent, headers);
  const bytes = await all();
  const bare = await startBeside(
    "bare-list.ts",
    (await cloud.ask(path, { headers: { accept: "application/json" } })).text,
  );
  const time = await interleaved(
    ROUNDS,
    () => seconds(all),
    () => seconds(() => bytesOf(bare.url, agent, headers)),
  );
  await bare.close();
  const wait = await interleaved(
    5,
    () => longestWait(cloud, other, all),
    () => longestWait(cloud, other, () => delay(BESIDE_NOTHING_MS)),
  );
  const what = `${path} of ${OBJECTS}`;
  const goal = { within: LONGEST_MS };
  return [
    rates(bytes, what, time, "a bare server, which makes them JSON and sends it", ATLEAST),
    {
      what: `the longest that another waits while ${what} goes on`,
      ...wait,
      unit: "ms",
      against: "the same beside nothing",
      goal,
    },
  ];
}

const basic = (auth: string) => `Basic ${Buffer.from(auth).toString("base64")}`;

const asDisposable = (agent: Agent) => Object.assign(agent, { [Symbol.dispose]: () => agent.destroy() });

/** The milliseconds that the slowest of another's short questions takes, while `work` is done again and again. */
async function longestWait(cloud: Cloud, auth: string, work: () => Promise<unknown>): Promise<number> {
  const words = [`${import.meta.dirname}/wait.ts`, `${cloud.url}drives/info`, basic(auth)];
  let isOver = false;
  const asking = runToEnd([process.execPath, ...words]).finally(() => {
    isOver = true;
  });
  while (!isOver) await work();
  const { code, stdout, stderr } = await asking;
  if (code !== 0) throw new Error(stderr);
  return Number(stdout);
}
