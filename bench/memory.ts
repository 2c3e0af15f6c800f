/** The daemon's memory at rest, and with many stopped servers known. */
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Cloud } from "../testing/cloud.ts";

const SERVERS = 1000;
/** After so long without requests the engine has given back what the start took. */
const REST_MS = 60_000;

/** Lines that tell it, in MiB of resident memory after a start out of what Node compiled before. */
export async function memoryLines(cloud: Cloud): Promise<string[]> {
  await cloud.stop();
  await cloud.start();
  await delay(REST_MS);
  const lines = [`memory of the daemon at rest: ${await residentMib(cloud)} MiB`];
  for (let index = 0; index < SERVERS; index++) {
    await cloud.make("servers/create/stopped", {
      name: `server ${index}`,
      cpu: 500,
      mem: 64,
      "nic:0:dhcp": "auto",
    });
  }
  await cloud.stop();
  await cloud.start();
  const infos = await cloud.ask("servers/info");
  await delay(REST_MS);
  lines.push(
    `the same with ${SERVERS} stopped servers, after a start and one servers/info of ${infos.bytes.length} bytes: ` +
      `${await residentMib(cloud)} MiB`,
  );
  return lines;
}

async function residentMib(cloud: Cloud): Promise<number> {
  const status = await readFile(`/proc/${cloud.pid}/status`, "utf8");
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
}
