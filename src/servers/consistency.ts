/**
 * A server's configuration as users change it: the keys that they set, and which go together (spec: server
 * configuration). What the keys say is in `configuration.ts`. Rules alone; no effects.
 */
import type { Changes } from "../api/input.ts";
import type { Value } from "../api/properties.ts";
import { words } from "../api/value.ts";
import { usage } from "../base/errors.ts";
import type { HostFacts } from "../host/host.ts";
import { type Config, type Configuration, isDeviceKey } from "./configuration.ts";
import { completeNics } from "./nics.ts";

const MEDIA = ":media";

/** The configuration after a change. Errors: `usage` when the keys do not go together. */
export function configAfter(config: Config, changes: Changes): Config {
  const after: Record<string, Value> = { ...config };
  for (const [key, value] of changes) {
    if (value === null) {
      delete after[key];
      // A medium without a drive says nothing; it goes with it unless it was given in the same breath.
      if (isDeviceKey(key) && !changes.get(key + MEDIA)) delete after[key + MEDIA];
    } else {
      after[key] = value;
    }
  }
  completeNics(after, changes);
  ensureConsistent(after);
  return after;
}

function ensureConsistent(config: Config): void {
  const drives = new Map<string, string>();
  for (const [key, value] of Object.entries(config)) {
    if (key.endsWith(MEDIA) && config[key.slice(0, -MEDIA.length)] === undefined) {
      throw usage(
        "inconsistent_configuration",
        `${key} says something of ${key.slice(0, -MEDIA.length)}, which has no drive`,
        { key },
      );
    }
    if (!isDeviceKey(key)) continue;
    const twin = drives.get(String(value));
    if (twin !== undefined)
      throw usage("inconsistent_configuration", `${key} names the same drive as ${twin}`, { key });
    drives.set(String(value), key);
  }
  for (const key of words(String(config.boot ?? ""))) {
    if (config[key] === undefined)
      throw usage("inconsistent_configuration", `boot names ${key}, which has no drive`, { key: "boot" });
  }
}

/**
 * Virtual processors: `smp` by number, or as many as it takes to use the quota (spec: `smp`), all in one socket.
 */
export function processors(
  { smp, cpuMhz }: Pick<Configuration, "smp" | "cpuMhz">,
  { cores, coreMhz }: Pick<HostFacts, "cores" | "coreMhz">,
): { readonly cores: number; readonly sockets: number } {
  if (smp !== null) return { cores: smp, sockets: 1 };
  const needed = Math.ceil(cpuMhz / coreMhz);
  return { cores: Math.max(1, Math.min(needed, cores)), sockets: 1 };
}
