/**
 * Servers that run as the store does not know them, as after a restore of the store. An operator takes each in, with
 * what its host remembers of it, or ends it.
 */
import type { Value } from "../api/properties.ts";
import { busy, missing } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import { claimDrives } from "../drives/claims.ts";
import { ensureAdopted } from "../drives/unknown.ts";
import type { Instance, RunDescription } from "../host/host.ts";
import { allocate } from "../hosts/hosts.ts";
import { describeOperation, operationOn } from "../operations/operation.ts";
import { isHeld, joinVlan, keepAddress } from "../resources/uses.ts";
import type { Tx } from "../store/store.ts";
import { type Config, configurationOf } from "./configuration.ts";
import type { ServerDependencies } from "./dependencies.ts";
import { freeAll, settleEnd } from "./lifecycle/settle-end.ts";
import { changeServer, configColumns, findEndingServer, raiseGeneration } from "./rows.ts";
import type { EndingServer, Run, Server } from "./server.ts";
import { beginServerUse, renewRunUse } from "./use.ts";

export type Adoption = {
  readonly uuid: string;
  /** The name of the host that it runs on. */
  readonly host: string;
  /** Whose it is to be; null where the store knows it. */
  readonly user: UserId | null;
};

/**
 * Takes a server in that runs: makes a row of what its host remembers, or brings the row up to its run. It is persistent
 * from then on, and its VNC password is not known.
 *
 * Errors: `missing` when none runs there; `busy`, saying what is in the way, such as a drive that another has; of a drive
 * that the store does not know either those of `ensureAdopted`.
 */
export async function adoptServer(
  { store, hosts, clock }: ServerDependencies,
  { uuid, host, user }: Adoption,
): Promise<void> {
  const { servers } = hosts.get(host);
  const instance = await servers.find(uuid);
  const description = await servers.describe(uuid);
  if (instance === null || instance.state === "ended" || description === null) {
    throw missing(`server ${uuid} does not run on host ${host}`);
  }
  for (const { drive } of description.devices) await ensureAdopted({ store, hosts }, { host, drive });
  await store.transaction(
    async (tx) => {
      const known = await findEndingServer(tx, uuid);
      if (known !== null) await ensureUnknown(tx, known, instance);
      const owner = known?.user ?? user;
      if (owner === null)
        throw missing(`there is no server ${uuid} in the store: say with --user whose it is to be`);
      if (known !== null) await freeAll(tx, known);
      const config = await configOf(tx, owner, description);
      const row = { user: owner, phase: "active", host } as const;
      const run = JSON.stringify(runOf(description, instance));
      if (known === null) {
        await tx
          .insertInto("servers")
          .values({ uuid, ...row, ...configColumns(uuid, config), run, last_address: null })
          .execute();
        await beginServerUse(tx, uuid, clock.now());
      } else await changeServer(tx, uuid, { ...row, config, run });
      await renewRunUse(tx, uuid, clock.now());
      await raiseGeneration(tx, uuid, instance.generation);
      await takeAll(tx, { uuid, user: owner, host }, config, description);
    },
    { grows: true },
  );
}

/**
 * Ends a server that the store does not know, by the operator's word; one that it knows differently is stopped.
 *
 * Errors: `missing` when none runs there; `busy` when the store knows it as it runs; the host's.
 */
export async function forgetServer(
  { store, hosts, clock }: ServerDependencies,
  { uuid, host }: Pick<Adoption, "uuid" | "host">,
): Promise<void> {
  const { servers } = hosts.get(host);
  const instance = await servers.find(uuid);
  if (instance === null || instance.state === "ended") {
    throw missing(`server ${uuid} does not run on host ${host}`);
  }
  const generation = instance.generation + 1;
  const before = await store.transaction(async (tx) => {
    const known = await findEndingServer(tx, uuid);
    if (known !== null) await ensureUnknown(tx, known, instance);
    return known;
  });
  await servers.end(uuid, generation);
  const ended = await servers.find(uuid);
  await store.transaction(async (tx) => {
    const known = await findEndingServer(tx, uuid);
    // What was recorded since then sees to its end, as does the next look where this does not come about.
    if (known === null || known.generation !== before?.generation) return;
    if ((await operationOn(tx, uuid)) !== null) return;
    await settleEnd(tx, known, ended, clock);
    await raiseGeneration(tx, uuid, generation);
  });
  await servers.release(uuid, generation);
}

async function ensureUnknown(
  tx: Tx,
  { uuid, phase, generation }: EndingServer,
  instance: Instance,
): Promise<void> {
  const operation = await operationOn(tx, uuid);
  if (operation !== null) throw busy(describeOperation(operation));
  if (phase !== "stopped" && instance.generation <= generation) {
    throw busy(`server ${uuid} is known as it runs: its user, or an operator as its user, stops it`);
  }
}

/** The configuration that leads to the run. An address that the owner does not hold was given by `auto`. */
async function configOf(tx: Tx, user: UserId, description: RunDescription): Promise<Config> {
  const { name, cpuMhz, memMib, cores, sockets, devices, nics, vnc } = description;
  const config: Record<string, Value> = { name, cpu: cpuMhz, mem: memMib, smp: cores * sockets };
  config.persistent = "true";
  for (const { key, drive, media } of devices) {
    config[key] = drive;
    config[`${key}:media`] = media;
  }
  const boot = devices
    .filter(({ bootIndex }) => bootIndex !== null)
    .sort((a, b) => (a.bootIndex ?? 0) - (b.bootIndex ?? 0));
  if (boot.length > 0) config.boot = boot.map(({ key }) => key).join(" ");
  const wanted = async (address: string) => ((await isHeld(tx, user, "ip", address)) ? address : "auto");
  for (const { index, model, mac, vlan, lease } of nics) {
    config[`nic:${index}:model`] = model;
    if (lease !== null) config[`nic:${index}:dhcp`] = await wanted(lease.address);
    if (vlan !== null) Object.assign(config, { "nic:1:vlan": vlan, "nic:1:mac": mac });
  }
  if (vnc !== null)
    Object.assign(config, { vnc: await wanted(vnc.address), "vnc:tls": vnc.tls ? "on" : "off" });
  return config;
}

function runOf({ cores, sockets, nics, vnc }: RunDescription, { generation, started }: Instance): Run {
  const nicAddress = nics.find(({ lease }) => lease !== null)?.lease?.address ?? null;
  return { generation, started, cores, sockets, nicAddress, vncAddress: vnc?.address ?? null };
}

/** Takes what the run has in use. Errors: `missing` and `busy`, naming what is in the way. */
async function takeAll(
  tx: Tx,
  { uuid, user, host }: Pick<Server, "uuid" | "user" | "host">,
  config: Config,
  { nics, vnc }: RunDescription,
): Promise<void> {
  const { devices, cpuMhz, memMib } = configurationOf(config);
  await claimDrives(tx, uuid, user, devices);
  await allocate(tx, host, { mhz: cpuMhz, memMib });
  const addresses = [...nics.map(({ lease }) => lease?.address), vnc?.address];
  for (const address of new Set(addresses)) {
    if (address !== undefined) await keepAddress(tx, uuid, address);
  }
  for (const { vlan, mac } of nics) if (vlan !== null) await joinVlan(tx, { server: uuid, vlan, mac });
}
