/** How long a user's cheap request takes while others do their worst, against the same with nobody else there. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Cloud } from "../testing/cloud.ts";
import { ATTACKS, makePrey, type Prey } from "../testing/hostile.ts";
import { makeUser } from "../testing/user.ts";
import type { Figure } from "./ratio.ts";

/** Within this a cheap request is answered, whatever others do: 99 of 100 of them. */
const P99_MS = 50;
const ASKED = 400;
/** Seldom enough that asking is no load of its own. */
const PAUSE_MS = 10;

type Latency = { readonly p50: number; readonly p99: number };

export async function hostileFigures(cloud: Cloud): Promise<Figure[]> {
  const prey = await makePrey(cloud);
  const { auth } = await makeUser(cloud, "other");
  const { text } = await cloud.ask("drives/create", { auth, body: "name mine\nsize 1M\n" });
  const url = `${cloud.url}drives/${/^drive (\S+)$/m.exec(text)?.[1]}/info`;
  const figures: Figure[] = [];
  for (const what of Object.keys(ATTACKS)) {
    const alone = await latency(url, auth);
    const attacked = await during(what, cloud, prey, () => latency(url, auth));
    for (const part of ["p50", "p99"] as const) {
      figures.push({
        what: `${part} of info during ${what}`,
        ...{ ours: attacked[part], reference: alone[part], unit: "ms" },
        goal: part === "p99" ? { within: P99_MS } : null,
        against: "the same without it",
      });
    }
  }
  return figures;
}

/** Does `work` while the attack goes on, in a process of its own. */
async function during<T>(what: string, { url }: Cloud, prey: Prey, work: () => Promise<T>): Promise<T> {
  const words = [`${import.meta.dirname}/attack.ts`, what, url, JSON.stringify(prey)];
  const attacker = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(attacker, "exit");
  try {
    await once(attacker.stdout, "data");
    return await work();
  } finally {
    attacker.kill("SIGKILL");
    await ended;
  }
}

/** What a cheap request takes over a connection that is kept, in milliseconds. */
async function latency(url: string, auth: string): Promise<Latency> {
  const agent = new http.Agent({ keepAlive: true });
  const taken: number[] = [];
  for (let count = 0; count < ASKED; count++) {
    const startMs = performance.now();
    const request = http.request(url, { agent, auth }).end();
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`${url}: ${response.statusCode}`);
    await once(response.resume(), "end");
    taken.push(performance.now() - startMs);
    await delay(PAUSE_MS);
  }
  agent.destroy();
  const sorted = taken.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
