/**
 * A server's configuration: the keys that a user set, what they mean together, and what they say to a host (spec:
 * server configuration). Rules alone; no effects.
 */

import type { Changes } from "../api/input.ts";
import type { Value } from "../api/properties.ts";
import { words } from "../api/value.ts";
import { usage } from "../base/errors.ts";
import type { Device, HostFacts } from "../host/host.ts";
import { SERVER_KEYS } from "./keys.ts";
import { completeNics } from "./nics.ts";
import type { Config } from "./server.ts";

/** A device key of the configuration with what it says, but for the drive itself. */
export type DeviceEntry = Omit<Device, "drive" | "shared"> & {
  /** Its key, e.g. `ide:0:0`. */
  readonly key: string;
  /** The uuid of its drive. */
  readonly drive: string;
};

const DEVICE = /^(ide|scsi|block):(\d)(?::(\d))?$/;
const MEDIA = ":media";

/** The configuration after a change. Errors: `usage` when the keys do not go together. */
export function configAfter(config: Config, changes: Changes): Config {
  const after: Record<string, Value> = { ...config };
  for (const [key, value] of changes) {
    if (value === null) {
      delete after[key];
      // A medium without a drive says nothing; it goes with it unless it was given in the same breath.
      if (DEVICE.test(key) && !changes.get(key + MEDIA)) delete after[key + MEDIA];
    } else {
      after[key] = value;
    }
  }
  completeNics(after, changes);
  judge(after);
  return after;
}

function judge(config: Config): void {
  const drives = new Map<string, string>();
  for (const [key, value] of Object.entries(config)) {
    if (key.endsWith(MEDIA) && config[key.slice(0, -MEDIA.length)] === undefined) {
      throw usage(`${key} says something of ${key.slice(0, -MEDIA.length)}, which has no drive`);
    }
    if (!DEVICE.test(key)) continue;
    const twin = drives.get(String(value));
    if (twin !== undefined) throw usage(`${key} names the same drive as ${twin}`);
    drives.set(String(value), key);
  }
  for (const key of words(String(config.boot ?? ""))) {
    if (config[key] === undefined) throw usage(`boot names ${key}, which has no drive`);
  }
}

/** The devices, in the order of the specification's table of them. Without `boot`, the first one boots. */
export function devicesOf(config: Config): readonly DeviceEntry[] {
  const entries = SERVER_KEYS.inOrder(Object.entries(config)).flatMap(([key]) => deviceEntry(config, key));
  const boot = bootList(config, entries);
  return entries.map((entry) => ({
    ...entry,
    bootIndex: boot.includes(entry.key) ? boot.indexOf(entry.key) : null,
  }));
}

/** The keys of the devices to boot, in order: as configured, else the first device. */
export function bootList(config: Config, devices: readonly { readonly key: string }[]): readonly string[] {
  const configured = words(String(config.boot ?? ""));
  return configured.length > 0 ? configured : devices.slice(0, 1).map(({ key }) => key);
}

function deviceEntry(config: Config, key: string): DeviceEntry[] {
  const match = DEVICE.exec(key);
  if (match === null) return [];
  const bus = match[1] as Device["bus"];
  return [
    {
      key,
      bus,
      busIndex: bus === "block" ? 0 : Number(match[2]),
      unit: Number(bus === "block" ? match[2] : match[3]),
      media: (config[key + MEDIA] ?? "disk") as Device["media"],
      drive: String(config[key]),
      bootIndex: null,
    },
  ];
}

/**
 * Virtual processors: `smp` by number, or as many as it takes to use the quota (spec: `smp`), all in one socket.
 */
export function processors(
  config: Config,
  facts: HostFacts,
): { readonly cores: number; readonly sockets: number } {
  const smp = config.smp ?? "auto";
  if (smp !== "auto") return { cores: Number(smp), sockets: 1 };
  const needed = Math.ceil(Number(config.cpu) / facts.coreMhz);
  return { cores: Math.max(1, Math.min(needed, facts.cores)), sockets: 1 };
}

export function isPersistent(config: Config): boolean {
  return String(config.persistent ?? "false") === "true";
}
