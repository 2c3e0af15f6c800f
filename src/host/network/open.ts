/**
 * The choice of the guests' network: bridged where the machine allows it, else user-mode. Servers that run have one of the
 * two, and it is theirs until the last of them has ended: the other would lead nobody to them.
 */
import { stat } from "node:fs/promises";
import { failed } from "../../base/errors.ts";
import type { GuestNetwork } from "../guest-network.ts";
import { openBridgedNetwork } from "./bridged.ts";
import { bridgingObstacles, hasBridgePrograms } from "./obstacles.ts";
import type { GuestNetworkOptions } from "./options.ts";
import { firstOpenPort, openUserNetwork } from "./user.ts";

type Kind = GuestNetwork["kind"];

/**
 * Opens the guests' network, or takes over the one that running servers use. Errors: `failed`, servers run on bridges,
 * and those cannot be had here now.
 */
export async function openGuestNetwork(options: GuestNetworkOptions): Promise<GuestNetwork> {
  if (!/^[0-9a-f]{8}$/.test(options.id)) throw new Error(`${options.id} is no id of a cloud`);
  const { kind, servers } = options;
  if (kind !== "auto") return openKind(kind, options);
  const used = await kindInUse(await servers());
  return used === null ? openPossible(options) : openKind(await keptKind(used, options), options);
}

async function openKind(kind: Kind, options: GuestNetworkOptions): Promise<GuestNetwork> {
  if (kind === "bridged") return openBridgedNetwork(options);
  const privileged = options.uid === null && process.getuid?.() === 0;
  return openUserNetwork({ id: options.id, firstPort: await firstOpenPort(privileged) });
}

/** For no server yet: bridges where they come up. What keeps them from that is looked for only where they do not. */
async function openPossible(options: GuestNetworkOptions): Promise<GuestNetwork> {
  if (process.getuid?.() !== 0 || !hasBridgePrograms()) return openKind("user", options);
  try {
    return await openBridgedNetwork(options);
  } catch (error) {
    if ((await bridgingObstacles()).length === 0) throw error;
    return openKind("user", options);
  }
}

/** The kind that running servers use. Errors: `failed`, it cannot be had now; then nothing of it was touched. */
async function keptKind(used: Kind, { warn }: GuestNetworkOptions): Promise<Kind> {
  const obstacles = await bridgingObstacles();
  const possible = obstacles.length === 0 ? "bridged" : "user";
  if (used === possible) return possible;
  if (used === "user") {
    const follows = "all servers have it until none runs, and Lodge is started anew";
    warn(`bridges can be had here, but servers run with user-mode networking: ${follows}`, undefined);
    return "user";
  }
  const lacks = obstacles.map(({ lack }) => lack).join("; ");
  const remedies = obstacles.map(({ remedy }) => remedy).join("; ");
  throw failed(
    `servers of this cloud run on bridges, which cannot be had now: ${lacks}. Mend that (${remedies}), or end the servers by "lodge down"`,
  );
}

/** Which kind of network the processes have: bridges are in a network namespace other than ours. Null without any. */
async function kindInUse(servers: readonly number[]): Promise<Kind | null> {
  const own = await namespaceOf("self");
  const theirs = await Promise.all(servers.map((pid) => namespaceOf(String(pid)).catch(() => null)));
  // One that has ended meanwhile, or that is not ours to look at, has none.
  const known = theirs.filter((each) => each !== null);
  if (known.length === 0) return null;
  return known.some((each) => each !== own) ? "bridged" : "user";
}

const namespaceOf = async (pid: string): Promise<number> => (await stat(`/proc/${pid}/ns/net`)).ino;
