/**
 * Starting a server: everything it needs is claimed in one transaction, then its host launches it, then it is active.
 * What fails or is interrupted in between is undone whole.
 */
import { createHash } from "node:crypto";
import { claimDrives } from "../drives/claims.ts";
import type { Drive } from "../drives/drive.ts";
import { driveImage } from "../drives/lifecycle.ts";
import { ONLY_HOST } from "../drives/placement.ts";
import type { Keyring } from "../drives/secret.ts";
import type { HostFacts, Lease, ServerSpec } from "../host/host.ts";
import type { Tx } from "../store/store.ts";
import { allocateAddress } from "./addresses.ts";
import { type Config, devicesOf, nicModel, processors } from "./config.ts";
import { placeServer } from "./placement.ts";
import { avoidedBy, noSuchAddress } from "./references.ts";
import { needOf, serverRoom } from "./room.ts";
import type { Run, Server } from "./server.ts";

/** A start that holds all it needs. */
export type Prepared = { readonly run: Run; readonly spec: ServerSpec };

/**
 * Claims the drives, a place on the host and the addresses, and records the intent.
 *
 * Errors: `missing` and `busy` as for claims; `missing` for an address that is not the user's; `usage` and `full` as for
 * placement.
 */
export async function prepareStart(
  tx: Tx,
  server: Server,
  facts: HostFacts,
  keyring: Keyring,
): Promise<Prepared> {
  const { uuid, config } = server;
  const avoided = await avoidedBy(tx, server.user, config);
  const devices = devicesOf(config);
  const drives = await claimDrives(tx, uuid, server.user, devices);
  const needed = devices.map(({ key }) => ({ key, host: ONLY_HOST }));
  placeServer(needOf(config), needed, avoided, [await serverRoom(tx, facts)]);
  const nicAddress = await nicAddressFor(tx, server, facts);
  const vncAddress = await vncAddressFor(tx, server, facts, nicAddress);
  const run: Run = {
    started: Math.floor(Date.now() / 1000),
    ...processors(config, facts),
    nicAddress,
    vncAddress,
  };
  await tx
    .updateTable("servers")
    .set({
      // One that is being created stays so: if this comes to nothing, it was never there.
      phase: server.phase === "creating" ? "creating" : "starting",
      run: JSON.stringify(run),
      last_address: nicAddress ?? vncAddress ?? server.lastAddress,
    })
    .where("uuid", "=", uuid)
    .execute();
  return { run, spec: serverSpec(server, run, drives, keyring) };
}

function serverSpec(
  { uuid, config }: Server,
  run: Run,
  drives: readonly Drive[],
  keyring: Keyring,
): ServerSpec {
  const model = nicModel(config);
  return {
    uuid,
    name: String(config.name),
    cpuMhz: Number(config.cpu),
    memMib: Number(config.mem),
    cores: run.cores,
    sockets: run.sockets,
    devices: devicesOf(config).map(({ bus, busIndex, unit, media, bootIndex }, index) => {
      const drive = drives[index];
      if (drive === undefined) throw new Error(`device ${index} of server ${uuid} has no drive`);
      const image = driveImage(drive, keyring);
      return { bus, busIndex, unit, media, bootIndex, drive: image, shared: drive.claimType === "shared" };
    }),
    nics: model === null ? [] : [{ index: 0, model, mac: macOf(uuid, 0), vlan: null, lease: leaseOf(run) }],
    vnc: run.vncAddress === null ? null : { address: run.vncAddress, password: vncPassword(config) },
  };
}

const leaseOf = ({ nicAddress }: Run): Lease | null =>
  nicAddress === null ? null : { address: nicAddress, network: null };

/** The password for VNC; none means that VNC is closed. */
export function vncPassword(config: Config): string | null {
  return (config["vnc:password"] as string | undefined) ?? null;
}

/**
 * The MAC address of a NIC: the same at every start, since guests tie their settings to it. Locally administered
 * (second lowest bit of the first byte set), unicast.
 */
function macOf(server: string, nic: number): string {
  const digest = createHash("sha256").update(`${server}/${nic}`).digest();
  return [0x06, ...digest.subarray(0, 5)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

async function nicAddressFor(tx: Tx, server: Server, facts: HostFacts): Promise<string | null> {
  const dhcp = server.config["nic:0:dhcp"];
  if (dhcp === undefined) return null;
  // An address that `auto` once gave, sent back by clients that echo what they read: auto, with that one preferred.
  if (dhcp !== "auto" && dhcp !== server.lastAddress) throw noSuchAddress("nic:0:dhcp", String(dhcp));
  return allocateAddress(tx, server.uuid, facts.addresses, server.lastAddress);
}

async function vncAddressFor(
  tx: Tx,
  server: Server,
  facts: HostFacts,
  nicAddress: string | null,
): Promise<string | null> {
  const vnc = server.config.vnc;
  if (vnc === undefined) return null;
  if (vnc !== "auto" && vnc !== nicAddress && vnc !== server.lastAddress)
    throw noSuchAddress("vnc", String(vnc));
  return nicAddress ?? allocateAddress(tx, server.uuid, facts.addresses, server.lastAddress);
}
