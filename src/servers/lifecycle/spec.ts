/** What a host is told of a server that starts or runs, out of its row. */

import type { Keyring } from "../../base/keyring.ts";
import { type Drive, noSuchDrive } from "../../drives/drive.ts";
import { findDrive } from "../../drives/rows.ts";
import { volumeOf } from "../../drives/volume.ts";
import type { Device, ServerSpec } from "../../host/host.ts";
import type { Tx } from "../../store/store.ts";
import type { DeviceEntry } from "../configuration.ts";
import { leaseOf } from "../network.ts";
import { nicsOf } from "../nics.ts";
import { hasSeed, seedOf } from "../seed.ts";
import type { Server } from "../server.ts";
import { userDataIn, userDataOf } from "../user-data.ts";

/** Errors: of a server that is stopped, or whose drives have gone: a defect, since it holds them. */
export async function specOf(tx: Tx, server: Server, keyring: Keyring): Promise<ServerSpec> {
  const { uuid, configuration, run } = server;
  if (run === null) throw new Error(`server ${uuid} has no run`);
  const devices: Device[] = [];
  for (const entry of configuration.devices) {
    const drive = await findDrive(tx, entry.drive);
    if (drive === null) throw noSuchDrive(entry.drive);
    devices.push(device(entry, drive, keyring));
  }
  const { name, cpuMhz, memMib, vnc } = configuration;
  const { cores, sockets, nicAddress, vncAddress } = run;
  const lease = nicAddress === null ? null : await leaseOf(tx, nicAddress);
  return {
    ...{ uuid, name, cpuMhz, memMib, cores, sockets, devices },
    nics: nicsOf(server, lease),
    vnc: vncAddress === null ? null : { address: vncAddress, password: vnc.password, tls: vnc.tls },
  };
}

/**
 * What a launch of the server puts on its guest's CD; nothing is read where there is none. Errors: `busy`, when its user data
 * is gone; the keyring's.
 */
export async function launchSeed(
  tx: Tx,
  server: Server,
  keyring: Keyring,
): Promise<Pick<ServerSpec, "seed">> {
  if (!hasSeed(server)) return {};
  const { uuid, userDataBytes } = server;
  const userData = userDataBytes === null ? null : userDataIn(keyring, uuid, await userDataOf(tx, uuid));
  return { seed: seedOf(server, userData) };
}

function device({ drive: _, ...entry }: DeviceEntry, drive: Drive, keyring: Keyring): Device {
  return { ...entry, volume: volumeOf(drive, keyring), shared: drive.claimType === "shared" };
}
