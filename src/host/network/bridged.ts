/**
 * The bridged network: one namespace for all guests of a cloud, with a bridge that is their gateway, a tap for each
 * NIC, DHCP, a firewall, and an uplink to the machine; and beside it a bridge for each VLAN.
 *
 * Starting and recovering are one path. A namespace in which servers run is taken over, and its rules, sets and leases
 * are written anew from the network state; one in which nothing runs is removed and made from nothing.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { replaceFile } from "../../base/atomic-file.ts";
import { type Ipv4Network, parseNetwork } from "../../base/ipv4.ts";
import type { GuestNetwork } from "../guest-network.ts";
import { raiseBridge } from "./bridge.ts";
import { BridgedNetwork } from "./bridged-network.ts";
import { Dhcp, endDhcp, findDhcp } from "./dhcp.ts";
import { Firewall } from "./firewall.ts";
import { resolvers, routesOver } from "./machine.ts";
import { inhabitants, inNamespace, isAlive, makeNamespace, removeNamespace } from "./namespace.ts";
import { NetworkState } from "./network-state.ts";
import type { GuestNetworkOptions } from "./options.ts";
import { Routes } from "./routes.ts";
import { configuredSubnet, type Layout } from "./subnet.ts";
import { Taps } from "./taps.ts";
import { Upkeep } from "./upkeep.ts";
import { closeWorld, lowerUplink, openWorld, raiseUplink, type SubnetChoice } from "./uplink.ts";
import { Vlans } from "./vlans.ts";

/** Opens the cloud's network. Errors: the configured subnet is in use, none is free, or what a tool says it lacks. */
export async function openBridgedNetwork(options: GuestNetworkOptions): Promise<GuestNetwork> {
  const cloud = `lodge-${options.id}`;
  const directory = join(options.runDirectory, "network");
  const dismantle = () => removeNetwork(cloud, directory);

  const inUse = (await isAlive(cloud)) && (await hasServers(cloud, directory));
  if (!inUse) {
    await dismantle();
    await makeNamespace(cloud);
  }
  await mkdir(directory, { recursive: true });
  try {
    return await build(cloud, directory, await subnetChoice(cloud, inUse, options), options);
  } catch (error) {
    if (!inUse) await dismantle();
    throw error;
  }
}

/** One step after the other: when one fails, none may be under way that leaves something behind. */
async function build(
  cloud: string,
  directory: string,
  choice: SubnetChoice,
  { id, uid, nextOwners, stateFile, warn }: GuestNetworkOptions,
): Promise<GuestNetwork> {
  const namespace = inNamespace(cloud);
  const layout = await raiseUplink(cloud, namespace, choice);
  await remember(stateFile, layout);
  await openWorld(cloud, layout);
  await raiseBridge(namespace, id, layout);
  // The folder is named so since the first version, and servers may run that an earlier one has started.
  const state = new NetworkState(join(directory, "holds"), layout, warn);
  const firewall = new Firewall(namespace, layout, state);
  await firewall.raise();
  const tapsInUse = state.nics().flatMap(({ tap, vlan }) => (vlan === null ? [tap] : []));
  const taps = await Taps.open({ namespace, owner: uid, nextOwners, warn }, new Set(tapsInUse));
  const vlans = await Vlans.open({ namespace, owner: uid, state });
  const routes = new Routes({ device: cloud, namespace, layout, state });
  await routes.refresh();
  for (const [address, error] of routes.refused) {
    warn(`a running server has lost its address ${address}`, error);
  }
  const dhcp = await Dhcp.open({ netns: cloud, layout, directory, state });
  return new BridgedNetwork({
    ...{ namespace, layout, nameservers: await resolvers(), state, firewall, taps, vlans, routes, dhcp },
    upkeep: new Upkeep([firewall, taps, vlans, routes, dhcp], { warn }),
    dismantle: () => removeNetwork(cloud, directory),
  });
}

/** Which subnet: that which servers use, else the configured one, else at best the one of last time. */
async function subnetChoice(
  cloud: string,
  inUse: boolean,
  { subnet, stateFile, avoid: pools = [] }: GuestNetworkOptions,
): Promise<SubnetChoice> {
  const avoid = pools.map(parseNetwork).filter((network) => network !== null);
  const remembered = await recall(stateFile);
  if (inUse) {
    const claimed = (await routesOver(cloud)).find(({ prefix }) => prefix < 32);
    return { subnet: claimed ?? remembered, as: "in use", avoid };
  }
  if (subnet !== null) return { subnet: configuredSubnet(subnet), as: "fixed", avoid };
  return { subnet: remembered, as: "free", avoid };
}

const STATE_FILE = z.object({ subnet: z.string() });

/** The subnet of last time, null where there is none; a file that is damaged remembers none. */
async function recall(stateFile: string): Promise<Ipv4Network | null> {
  const text = await readFile(stateFile, "utf8").catch(() => null);
  if (text === null) return null;
  try {
    return parseNetwork(STATE_FILE.parse(JSON.parse(text)).subnet);
  } catch {
    return null;
  }
}

function remember(stateFile: string, { subnet }: Layout): Promise<void> {
  return replaceFile(stateFile, `${JSON.stringify({ subnet })}\n`, { mode: 0o644, durable: true });
}

/** Whether anything but the DHCP server lives in the namespace. */
async function hasServers(cloud: string, directory: string): Promise<boolean> {
  const dhcp = await findDhcp(directory);
  return (await inhabitants(cloud)).some((pid) => pid !== dhcp?.pid);
}

/** Removes everything of the network, as far as it is there. */
async function removeNetwork(cloud: string, directory: string): Promise<void> {
  await endDhcp(directory);
  await Promise.all([closeWorld(cloud), lowerUplink(cloud)]);
  await removeNamespace(cloud);
  await rm(directory, { recursive: true, force: true });
}
