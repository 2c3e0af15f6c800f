/**
 * The bridged network: one namespace for all guests of a cloud, with a bridge that is their gateway, a tap for each
 * NIC, DHCP, a firewall, and an uplink to the machine; and beside it a bridge for each VLAN.
 *
 * Starting and recovering are one path. A namespace in which servers run is taken over, and its rules, sets and leases
 * are written anew from the holds; one in which nothing runs is removed and made from nothing.
 */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { coalesce } from "../../base/coalesce.ts";
import { full } from "../../base/errors.ts";
import { parseNetwork } from "../../base/ipv4.ts";
import type { GuestNetwork } from "../guest-network.ts";
import type { Nic } from "../host.ts";
import { raiseBridge } from "./bridge.ts";
import { endDhcp, findDhcp, openDhcp } from "./dhcp.ts";
import { BRIDGE, checkAddress, checkLease, elements, ruleset, VNC_PORTS } from "./filter.ts";
import { type Holds, type NicHold, openHolds } from "./holds.ts";
import { resolvers, routesOver } from "./machine.ts";
import { inhabitants, inNamespace, isAlive, makeNamespace, removeNamespace } from "./namespace.ts";
import type { GuestNetworkOptions } from "./options.ts";
import { openRoutes } from "./routes.ts";
import { configuredSubnet, type Layout } from "./subnet.ts";
import { openTaps } from "./taps.ts";
import { closeWorld, lowerUplink, openWorld, raiseUplink, type Wish } from "./uplink.ts";
import { openVlans } from "./vlans.ts";

/** Opens the cloud's network. Errors: the configured subnet is in use, none is free, or what a tool says it lacks. */
export async function openBridgedNetwork(options: GuestNetworkOptions): Promise<GuestNetwork> {
  const { id, runDirectory, uid, warn } = options;
  const cloud = `lodge-${id}`;
  const namespace = inNamespace(cloud);
  const directory = join(runDirectory, "network");

  const inUse = (await isAlive(cloud)) && (await hasServers(cloud, directory));
  if (!inUse) {
    await dismantle(cloud, directory);
    await makeNamespace(cloud);
  }
  await mkdir(directory, { recursive: true });
  const holds = openHolds(join(directory, "holds"));
  const { layout, taps, vlans, dhcp, routes } = await build().catch(async (error) => {
    if (!inUse) await dismantle(cloud, directory);
    throw error;
  });
  const write = coalesce(() => namespace.nft(elements(layout, holds.all().values())));

  const network: GuestNetwork = {
    kind: "bridged",
    netns: cloud,
    addresses: { first: layout.first, last: layout.last },
    staticAddresses: {
      ...{ first: layout.staticFirst, last: layout.staticLast },
      ...{ prefix: layout.prefix, gateway: layout.gateway, nameservers: await resolvers() },
    },
    async plug(server, nic) {
      const { tap, vlan } = await place(server, nic);
      if (vlan !== null) await vlans.refresh();
      return {
        netdev: { type: "tap", ifname: tap, script: "no", downscript: "no", vhost: false },
        device: tap,
      };
    },
    async admit(server, nics) {
      const { nics: plugged } = holds.of(server);
      for (const { index } of nics) {
        if (!plugged.some((nic) => nic.index === index)) throw new Error(`NIC ${index} was not plugged in`);
      }
      const held = plugged.map((hold) => {
        const nic = nics.find(({ index }) => index === hold.index);
        if (!nic?.lease) return { ...hold, lease: null };
        if (hold.vlan !== null)
          throw new Error(`NIC ${hold.index} is in a VLAN, where nothing offers addresses`);
        const lease = { mac: nic.mac, ...nic.lease };
        checkLease(layout, lease);
        return { ...hold, lease };
      });
      if (held.length === 0) return;
      holds.change(server, { nics: held });
      await Promise.all([write(), dhcp.refresh(), routes.refresh()]);
      for (const { lease } of held) if (lease !== null) routes.demand(lease.address);
    },
    async unplug(server) {
      const hold = holds.all().get(server);
      if (hold === undefined) return;
      // What the server had is given up before it is forgotten: a crash in between leaves something to repeat.
      const own = hold.nics.filter(({ vlan }) => vlan === null);
      holds.change(server, { nics: own.map((nic) => ({ ...nic, lease: null })), vnc: null });
      await Promise.all([
        ...[write(), dhcp.refresh(), routes.refresh(), taps.drop(own.map(({ tap }) => tap))],
        own.length < hold.nics.length ? vlans.refresh() : null,
        forgetNeighbours(own),
      ]);
      holds.forget(server);
    },
    async vncListen(server, address) {
      checkAddress(address);
      const port = holds.of(server).vnc?.port ?? freePort(holds);
      holds.change(server, { vnc: { address, port, open: false } });
      return { address: layout.inner, port };
    },
    async openVnc(server, address, { port }) {
      holds.change(server, { vnc: { address, port, open: true } });
      await Promise.all([write(), routes.refresh()]);
      routes.demand(address);
    },
    async closeVnc(server) {
      const { vnc } = holds.of(server);
      if (vnc === null || !vnc.open) return;
      holds.change(server, { vnc: { ...vnc, open: false } });
      await write();
    },
    async reconcile(running) {
      const gone = [...holds.all().keys()].filter((server) => !running.includes(server));
      await Promise.all(gone.map((server) => network.unplug(server)));
    },
    async close(servers) {
      await taps.settle();
      await dhcp.close();
      if (servers === "none") await dismantle(cloud, directory);
    },
  };
  return network;

  /** Who has an address next has another MAC, which the gateway would find out only from what that guest sends. */
  async function forgetNeighbours(nics: readonly NicHold[]): Promise<void> {
    await namespace.ip(
      nics.flatMap(({ lease }) => (lease === null ? [] : [`neigh flush to ${lease.address} dev ${BRIDGE}`])),
    );
  }

  /** The server's hold of the NIC; a fresh one when it has none. */
  async function place(server: string, { index, vlan }: Nic): Promise<NicHold> {
    const held = () => holds.of(server).nics;
    const known = held().find((nic) => nic.index === index);
    if (known !== undefined) return known;
    const ends = vlan === null ? { tap: await taps.take(), vlan: null } : vlans.place(vlan);
    const fresh: NicHold = { index, ...ends, lease: null };
    holds.change(server, { nics: [...held(), fresh] });
    return fresh;
  }

  /** One step after the other: when one fails, none may be under way that leaves something behind. */
  async function build() {
    const layout = await raiseUplink(cloud, namespace, await wish(cloud, inUse, options));
    await remember(options.stateFile, layout);
    await openWorld(cloud, layout);
    await raiseBridge(namespace, id, layout);
    await namespace.nft(ruleset(layout, holds.all().values()));
    const kept = new Set(holds.nics().flatMap(({ tap, vlan }) => (vlan === null ? [tap] : [])));
    const taps = await openTaps(namespace, uid, kept, warn);
    const vlans = await openVlans(namespace, uid, holds.nics);
    const all = () => holds.all().values();
    const routes = await openRoutes({ device: cloud, namespace, layout, holds: all, warn });
    const dhcp = await openDhcp({ netns: cloud, layout, directory, holds: all, warn });
    return { layout, taps, vlans, dhcp, routes };
  }
}

/** Which subnet: that which servers use, else the configured one, else at best the one of last time. */
async function wish(
  cloud: string,
  inUse: boolean,
  { subnet, stateFile }: GuestNetworkOptions,
): Promise<Wish> {
  const remembered = await recall(stateFile);
  if (inUse) {
    const claimed = (await routesOver(cloud)).find(({ prefix }) => prefix < 32);
    return { subnet: claimed ?? remembered, as: "kept" };
  }
  if (subnet !== null) return { subnet: configuredSubnet(subnet), as: "fixed" };
  return { subnet: remembered, as: "free" };
}

async function recall(stateFile: string) {
  const text = await readFile(stateFile, "utf8").catch(() => null);
  return text === null ? null : parseNetwork((JSON.parse(text) as { subnet: string }).subnet);
}

async function remember(stateFile: string, { subnet }: Layout): Promise<void> {
  await writeFile(`${stateFile}.new`, `${JSON.stringify({ subnet })}\n`);
  await rename(`${stateFile}.new`, stateFile);
}

/** Whether anything but the DHCP server lives in the namespace. */
async function hasServers(cloud: string, directory: string): Promise<boolean> {
  const dhcp = await findDhcp(directory);
  return (await inhabitants(cloud)).some((pid) => pid !== dhcp?.pid);
}

/** Removes everything of the network, as far as it is there. */
async function dismantle(cloud: string, directory: string): Promise<void> {
  await endDhcp(directory);
  await Promise.all([closeWorld(cloud), lowerUplink(cloud)]);
  await removeNamespace(cloud);
  await rm(directory, { recursive: true, force: true });
}

function freePort(holds: Holds): number {
  const taken = new Set([...holds.all().values()].map(({ vnc }) => vnc?.port));
  for (let port: number = VNC_PORTS.first; port <= VNC_PORTS.last; port++) if (!taken.has(port)) return port;
  throw full("all VNC ports of this host are in use");
}
