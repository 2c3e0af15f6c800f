/**
 * What is seen from outside of a guest that does not answer on its address: the status and counters of its server, what is
 * on its screen (where a kernel that broke down says so), its tap, and what DHCP offers it. A failure that tells all of it
 * need not be met a second time to be understood.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openHome } from "../../src/home.ts";
import { findDhcp } from "../../src/host/network/dhcp.ts";
import type { ServerNetwork } from "../../src/host/network/network-state.ts";
import { run } from "../../src/host/process/process.ts";
import type { Cloud } from "../cloud.ts";
import { SCROLLED_ROWS, screenLines } from "./small.ts";

/** As much of the end of the daemon's log as is shown. */
const LOG_CHARACTERS = 2000;

/** Does that; where it fails, the error tells the signs of the guest at the address as well. */
export async function withSigns<T>(cloud: Cloud, address: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error);
    throw new Error(`${sentence}\n${await signsOf(cloud, address)}`, { cause: error });
  }
}

/** A paragraph for each sign, or with the reason why it cannot be had. */
async function signsOf(cloud: Cloud, address: string): Promise<string> {
  const { runDir, id } = openHome(cloud.home);
  const network = join(runDir, "network");
  const state = await stateOf(join(network, "holds"), address).catch(() => null);
  const { server, tap } = state ?? { server: "", tap: "" };
  const ip = (...words: string[]) => run(["ip", "-n", `lodge-${id}`, ...words]);
  const signs: readonly (readonly [what: string, look: () => Promise<string>])[] = [
    ["who has it", async () => (state === null ? "no server" : `server ${server} at its tap ${tap}`)],
    ["the server", async () => (await cloud.ask(`servers/${server}/info`)).text],
    ["its screen", () => screenOf(cloud, server)],
    ["its tap", () => ip("-s", "link", "show", "dev", tap)],
    ["the gateway's neighbour", () => ip("neighbour", "show", address)],
    ["what DHCP offers", async () => linesWith(address, await readFile(join(network, "hosts"), "utf8"))],
    ["DHCP's server", () => dhcpServer(network)],
    ["the daemon's log", async () => cloud.logged.slice(-LOG_CHARACTERS)],
  ];
  const paragraphs = signs.map(async ([what, look]) => {
    const seen = await look().catch(unseen);
    return `${what}: ${seen.trim().replaceAll("\n", "\n    ") || "nothing"}`;
  });
  return (await Promise.all(paragraphs)).join("\n");
}

const unseen = (error: unknown): string => `not to be seen: ${error}`;

/** The server whose NIC has the address, and its tap; null where none has. */
async function stateOf(folder: string, address: string): Promise<{ server: string; tap: string } | null> {
  for (const name of await readdir(folder)) {
    const { nics } = JSON.parse(await readFile(join(folder, name), "utf8")) as ServerNetwork;
    const nic = nics.find(({ lease }) => lease?.address === address);
    if (nic !== undefined) return { server: name.replace(/\.json$/, ""), tap: nic.tap };
  }
  return null;
}

/** What Linux has scrolled through is there too: its console moves the window, and not the text. */
async function screenOf(cloud: Cloud, server: string): Promise<string> {
  const lines = await screenLines(cloud, server, SCROLLED_ROWS);
  return lines.filter((line) => line !== "").join("\n");
}

function linesWith(word: string, text: string): string {
  const lines = text.split("\n").filter((line) => line.split(",").includes(word));
  return lines.join("\n");
}

/** Its state is the letter of ps(1): `S` of one that waits to be asked. */
async function dhcpServer(network: string): Promise<string> {
  const server = await findDhcp(network);
  return server === null ? "it does not run" : run(["ps", "-o", "pid,stat,etime", "-p", String(server.pid)]);
}
