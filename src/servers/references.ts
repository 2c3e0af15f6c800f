/**
 * What a configuration names beside itself: drives, servers, addresses and VLANs, which must be there and the user's own
 * (ruling: what does not exist and what the caller may not use cannot be told apart).
 */

import type { Changes } from "../api/input.ts";
import { words } from "../api/value.ts";
import type { UserId } from "../base/ids.ts";
import { ensureMedia, ensureNamed } from "../drives/claims.ts";
import { avoidedObjects } from "../placement/avoid.ts";
import type { Avoided } from "../placement/hosts.ts";
import { ensureHeld } from "../resources/uses.ts";
import type { Tx } from "../store/store.ts";
import type { Configuration } from "./configuration.ts";

const AVOID = { "avoid:drives": "drive", "avoid:servers": "server" } as const;

/**
 * Looks at what a change names anew, and leads to the configuration `after`; what was named before may have gone, which
 * the start will say.
 * Errors: `missing`, naming the key.
 */
export async function ensureReferences(
  tx: Tx,
  user: UserId,
  changes: Changes,
  after: Configuration,
  lastAddress: string | null,
): Promise<void> {
  for (const device of after.devices) {
    if (changes.has(device.key)) await ensureNamed(tx, user, device);
    else if (changes.has(`${device.key}:media`)) await ensureMedia(tx, user, device);
  }
  for (const [key, value] of changes) {
    if (value === null) continue;
    if ((key === "nic:0:dhcp" || key === "vnc") && value !== "auto" && value !== lastAddress) {
      await ensureHeld(tx, user, "ip", { key, resource: String(value) });
    }
    if (key === "nic:1:vlan") await ensureHeld(tx, user, "vlan", { key, resource: String(value) });
    if (key === "avoid:drives" || key === "avoid:servers") {
      await avoidedObjects(tx, user, key, AVOID[key], words(String(value)));
    }
  }
}

/** What the server is not to share a host with. Errors: `missing`, naming the key, for what has gone meanwhile. */
export async function avoidedBy(
  tx: Tx,
  user: UserId,
  { avoid }: Pick<Configuration, "avoid">,
): Promise<readonly Avoided[]> {
  return [
    ...(await avoidedObjects(tx, user, "avoid:drives", AVOID["avoid:drives"], avoid.drives)),
    ...(await avoidedObjects(tx, user, "avoid:servers", AVOID["avoid:servers"], avoid.servers)),
  ];
}
