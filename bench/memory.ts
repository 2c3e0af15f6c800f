/** The daemon's memory at rest, and with many stopped servers known. */
import { setTimeout as delay } from "node:timers/promises";
import type { Cloud } from "../testing/cloud.ts";
import { statusOf } from "../testing/proc.ts";
import { crowd } from "./crowd.ts";

const SERVERS = 10_000;
/** After so long without requests the engine has given back what the start took. */
const REST_MS = 120_000;

/** Lines that tell it, as resident memory after a start out of what Node compiled before. */
export async function memoryLines(cloud: Cloud): Promise<string[]> {
  await cloud.stop();
  await cloud.start();
  await delay(REST_MS);
  const emptyKib = await residentKib(cloud);
  await crowd(cloud, SERVERS);
  const infos = await cloud.ask("servers/info");
  await delay(REST_MS);
  const crowdKib = await residentKib(cloud);
  return [
    `memory of the daemon at rest: ${mib(emptyKib)} MiB`,
    `the same with ${SERVERS} stopped servers and as many drives, after a start and one servers/info of ` +
      `${infos.bytes.length} bytes: ${mib(crowdKib)} MiB, ${((crowdKib - emptyKib) / SERVERS).toFixed(1)} KiB a server`,
  ];
}

const mib = (kib: number) => Math.round(kib / 1024);

async function residentKib(cloud: Cloud): Promise<number> {
  return Number.parseInt((await statusOf(cloud.pid)).get("VmRSS") ?? "", 10);
}
