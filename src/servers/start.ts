/**
 * Starting a server: everything it needs is claimed in one transaction, then its host launches it, then it is active.
 * What fails or is interrupted in between is undone whole.
 */
import { claimDrives } from "../drives/claims.ts";
import type { Drive } from "../drives/drive.ts";
import { driveImage } from "../drives/lifecycle.ts";
import type { Keyring } from "../drives/secret.ts";
import type { HostFacts, Lease, ServerSpec } from "../host/host.ts";
import { ONLY_HOST } from "../placement/drives.ts";
import { placeServer } from "../placement/servers.ts";
import type { Tx } from "../store/store.ts";
import { devicesOf, processors } from "./config.ts";
import { takeNetwork } from "./network.ts";
import { nicsOf } from "./nics.ts";
import { avoidedBy } from "./references.ts";
import { needOf, serverRoom } from "./room.ts";
import type { Config, Run, Server } from "./server.ts";

/** A start that holds all it needs. */
export type Prepared = { readonly run: Run; readonly spec: ServerSpec };

/**
 * Claims the drives, a place on the host, the addresses and the VLAN, and records the intent.
 *
 * Errors: `missing` and `busy`, naming the key; `usage` and `full` as for placement; `full` for addresses.
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
  const { lease, vncAddress, lastAddress } = await takeNetwork(tx, server, facts);
  const run: Run = {
    started: Math.floor(Date.now() / 1000),
    ...processors(config, facts),
    nicAddress: lease?.address ?? null,
    vncAddress,
  };
  await tx
    .updateTable("servers")
    .set({
      // One that is being created stays so: if this comes to nothing, it was never there.
      phase: server.phase === "creating" ? "creating" : "starting",
      run: JSON.stringify(run),
      last_address: lastAddress,
    })
    .where("uuid", "=", uuid)
    .execute();
  return { run, spec: serverSpec(server, run, lease, drives, keyring) };
}

function serverSpec(
  server: Server,
  run: Run,
  lease: Lease | null,
  drives: readonly Drive[],
  keyring: Keyring,
): ServerSpec {
  const { uuid, config } = server;
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
    nics: nicsOf(server, lease),
    vnc: vncOf(run, config),
  };
}

/** VNC where the run has an address for it; `vnc:tls` that is unset or off means unencrypted. */
const vncOf = ({ vncAddress }: Run, config: Config): ServerSpec["vnc"] =>
  vncAddress === null
    ? null
    : { address: vncAddress, password: vncPassword(config), tls: config["vnc:tls"] === "on" };

/** The password for VNC; none means that VNC is closed. */
export function vncPassword(config: Config): string | null {
  return (config["vnc:password"] as string | undefined) ?? null;
}
