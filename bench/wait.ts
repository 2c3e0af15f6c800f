/**
 * Another's short questions, as a process of its own, so that it never waits for itself: `wait.ts URL AUTHORIZATION` prints
 * the milliseconds that the slowest of them took.
 */
import { Agent } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { bytesOf } from "./bytes-of.ts";
import { seconds } from "./ratio.ts";

/** How many are asked before they count, how long they are asked then, and how far apart. */
const WARM = 50;
const WATCH_MS = 1_000;
const EVERY_MS = 2;

const [, , url = "", authorization = ""] = process.argv;
const agent = new Agent({ keepAlive: true });

const ask = () => bytesOf(url, agent, { authorization });

for (let asked = 0; asked < WARM; asked++) await ask();
let longest = 0;
for (const endMs = performance.now() + WATCH_MS; performance.now() < endMs; ) {
  longest = Math.max(longest, await seconds(ask));
  await delay(EVERY_MS);
}
agent.destroy();
process.stdout.write(`${1000 * longest}\n`);
