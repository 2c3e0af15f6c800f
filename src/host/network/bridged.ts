/**
 * The bridged network: one namespace for all guests of a cloud, with a bridge that is their gateway, a tap for each
 * NIC, DHCP, a firewall, and an uplink to the machine; and beside it a bridge for each VLAN.
 *
 * Starting and recovering are one path. A namespace in which servers run is taken over, and its rules, sets and leases
 * are written anew from the network state; one in which nothing runs is removed and made from nothing.
 */
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { holds, replaceFile } from "../../base/atomic-file.ts";
import { ensureFolder, PASSABLE } from "../../base/folder.ts";
import { type Ipv4Network, parseNetwork } from "../../base/ipv4.ts";
import { readJsonFile } from "../../base/json-file.ts";
import { allSettled } from "../../base/settled.ts";
import type { GuestNetwork } from "../guest-network.ts";
import { raiseBridge } from "./bridge.ts";
import { BridgedNetwork } from "./bridged-network.ts";
import { Dhcp, dhcpUid, endDhcp, findDhcp } from "./dhcp.ts";
import { Firewall } from "./firewall.ts";
import { resolvers, routesOver } from "./machine.ts";
import { inhabitants, inNamespace, isAlive, type Link, makeNamespace, removeNamespace } from "./namespace.ts";
import { NetworkState } from "./network-state.ts";
import type { GuestNetworkOptions } from "./options.ts";
import { Routes } from "./routes.ts";
import { dropOtherScreens } from "./screens.ts";
import { configuredSubnet, type Layout } from "./subnet.ts";
import { Taps } from "./taps.ts";
import { Upkeep } from "./upkeep.ts";
import { lowerUplink, raiseUplink, type SubnetChoice } from "./uplink.ts";
import { keepCounts, UplinkCounts } from "./uplink-counts.ts";
import { Vlans } from "./vlans.ts";
import { closeWorld, World } from "./world.ts";

/** Opens the cloud's network. Errors: the configured subnet is in use, none is free, or what a tool says it lacks. */
export async function openBridgedNetwork(options: GuestNetworkOptions): Promise<GuestNetwork> {
  const cloud = `lodge-${options.id}`;
  const directory = networkFolder(options.runDirectory);
  const dismantle = () => removeNetwork(cloud, options);

  const inUse =
    (await isAlive(cloud)) && ((await hasServers(cloud, directory)) || (await options.servers()).length > 0);
  if (!inUse) {
    await dismantle();
    await makeNamespace(cloud);
  }
  ensureFolder(directory, PASSABLE);
  try {
    const choice = await subnetChoice(cloud, inUse, options);
    return await build({ cloud, directory, choice, isNew: !inUse }, options);
  } catch (error) {
    if (!inUse) await dismantle();
    throw error;
  }
}

const networkFolder = (runDirectory: string) => join(runDirectory, "network");
/** It is named so since the first version, and servers may run that an earlier one has started. */
const stateFolder = (directory: string) => join(directory, "holds");

/** Where the network is built, and for which subnet. `isNew`: nothing is there yet. */
type Site = {
  readonly cloud: string;
  readonly directory: string;
  readonly choice: SubnetChoice;
  readonly isNew: boolean;
};

/** What needs nothing of one another is done at once; when one fails, none is under way that leaves something behind. */
async function build(
  { cloud, directory, choice, isNew }: Site,
  options: GuestNetworkOptions,
): Promise<GuestNetwork> {
  const { id, uid, nextOwners, stateFile, guestPorts, runDirectory, warn } = options;
  const namespace = inNamespace(cloud);
  const there = isNew ? [] : await namespace.ask<Link[]>("link show");
  const layout = await raiseUplink(cloud, namespace, choice, warn);
  // What it is for is a preference at the next start: a full disk keeps no cloud from starting.
  await remember(stateFile, layout).catch((error) => warn(`${stateFile} could not be written`, error));
  const state = new NetworkState(stateFolder(directory), layout, warn);
  const firewall = new Firewall({ namespace, layout, state, isNew, warn });
  const [world] = await allSettled([
    World.open({ cloud, layout, guestPorts, warn }),
    raiseBridge(namespace, id, layout, there),
    firewall.raise(),
  ]);
  const tapsInUse = state.nics().flatMap(({ tap, vlan }) => (vlan === null ? [tap] : []));
  const screensInUse = [...state.all()].flatMap(({ vnc }) => (vnc === null ? [] : [vnc.port]));
  const routes = new Routes({ device: cloud, namespace, layout, state, isNew });
  const [taps, vlans, dhcp] = await allSettled([
    Taps.open({ namespace, owner: uid, nextOwners, warn }, there, new Set(tapsInUse)),
    Vlans.open({ namespace, owner: uid, state }, there),
    Dhcp.open({ netns: cloud, uid: dhcpUid(id), layout, directory, state, isNew }),
    routes.refresh(),
    dropOtherScreens(namespace, new Set(screensInUse)),
  ]);
  for (const [address, error] of routes.refused) {
    warn(`a running server has lost its address ${address}`, error);
  }
  // By a process that is there anyhow; what is open goes on telling when it has ended.
  const devices = await open(`/proc/${dhcp.pid}/net/dev`);
  return new BridgedNetwork({
    ...{ namespace, layout, nameservers: await resolvers(), state, firewall, taps, vlans, routes, dhcp },
    devices,
    counts: new UplinkCounts({ namespace, state, runDirectory, warn }),
    upkeep: new Upkeep([world, firewall, taps, vlans, routes, dhcp], { warn }),
    dismantle: () => removeNetwork(cloud, options),
  });
}

/** Which subnet: that which servers use, else the configured one, else at best the one of last time. */
async function subnetChoice(
  cloud: string,
  inUse: boolean,
  { subnet, stateFile, avoid: pools = [], warn }: GuestNetworkOptions,
): Promise<SubnetChoice> {
  const avoid = pools.map(parseNetwork).filter((network) => network !== null);
  const remembered = recall(stateFile, warn);
  if (inUse) {
    const claimed = (await routesOver(cloud)).find(({ prefix }) => prefix < 32);
    return { subnet: claimed ?? remembered, as: "in use", avoid };
  }
  if (subnet !== null) return { subnet: configuredSubnet(subnet), as: "fixed", avoid };
  return { subnet: remembered, as: "free", avoid };
}

const STATE_FILE = z.object({ subnet: z.string() });

/** The subnet of last time, null where there is none. It is a preference only: a file that is damaged is written anew. */
function recall(stateFile: string, warn: GuestNetworkOptions["warn"]): Ipv4Network | null {
  try {
    const kept = readJsonFile(stateFile, STATE_FILE);
    return kept === null ? null : configuredSubnet(kept.subnet);
  } catch (error) {
    warn("the guests' subnet of last time is not known: one is chosen anew", error);
    return null;
  }
}

async function remember(stateFile: string, { subnet }: Layout): Promise<void> {
  const text = `${JSON.stringify({ subnet })}\n`;
  if (!holds(stateFile, text)) await replaceFile(stateFile, text, { mode: 0o644 });
}

/** Whether anything but the DHCP server lives in the namespace: a QEMU of an earlier release does, or who watches over one. */
async function hasServers(cloud: string, directory: string): Promise<boolean> {
  const dhcp = await findDhcp(directory);
  return (await inhabitants(cloud)).some((pid) => pid !== dhcp?.pid);
}

/** Removes everything of the network, as far as it is there, but for what was counted of servers whose ends are not cleared. */
async function removeNetwork(cloud: string, { runDirectory, warn }: GuestNetworkOptions): Promise<void> {
  const directory = networkFolder(runDirectory);
  if (await isAlive(cloud)) {
    await keepCounts(cloud, stateFolder(directory), runDirectory, warn).catch((error) =>
      warn("what servers sent last that have ended could not be read, and is not counted", error),
    );
  }
  await endDhcp(directory);
  await Promise.all([closeWorld(cloud), lowerUplink(cloud)]);
  await removeNamespace(cloud);
  await rm(directory, { recursive: true, force: true });
}
