/**
 * Authenticated `servers/SERVER/info` against a bare Fastify route that answers the same bytes; each server is a
 * process of its own, and so is the load.
 */
import type { Cloud } from "../testing/cloud.ts";
import { runToEnd } from "../testing/run.ts";
import { startBeside } from "./beside.ts";
import { type Figure, interleaved } from "./ratio.ts";

/** Many short ones: a machine that is shared is slow for a moment, and the median passes over that. */
const ROUNDS = 15;

export async function requestFigures(cloud: Cloud): Promise<Figure[]> {
  const made = await cloud.make("servers/create/stopped", {
    name: "TestServer",
    cpu: 1000,
    mem: 64,
    smp: "auto",
    "nic:0:dhcp": "auto",
    vnc: "auto",
    "vnc:password": "XXXXXXXX",
    "user:note": "as long as a server's info is in the worked example",
  });
  const stopped = made.get("server");
  const active = (
    await cloud.make("servers/create", { name: "TestServer", cpu: 1000, mem: 64, "nic:0:dhcp": "auto" })
  ).get("server");
  const authorization = `Basic ${Buffer.from(cloud.auth).toString("base64")}`;
  const figures: Figure[] = [];
  for (const [state, server] of [
    ["a stopped", stopped],
    ["an active", active],
  ]) {
    const path = `servers/${server}/info`;
    const bare = await startBeside("bare-server.ts", (await cloud.ask(path)).text);
    const measured = await interleaved(
      ROUNDS,
      () => requestsPerSecond(`${cloud.url}${path}`, authorization),
      () => requestsPerSecond(bare.url, authorization),
    );
    await bare.close();
    figures.push({
      what: `info of ${state} server`,
      ...measured,
      unit: "requests/s",
      against: "a bare Fastify route with the same bytes",
      goal: { atLeast: 0.9 },
    });
  }
  await cloud.act(`servers/${stopped}/destroy`);
  await cloud.act(`servers/${active}/destroy`);
  return figures;
}

/** Asks from a process of its own, as fast as it is answered. */
export async function requestsPerSecond(url: string, authorization: string): Promise<number> {
  const { code, stdout, stderr } = await runToEnd([
    process.execPath,
    `${import.meta.dirname}/load.ts`,
    url,
    authorization,
  ]);
  if (code !== 0) throw new Error(stderr);
  return Number(stdout);
}
