/**
 * A server's network interfaces: what the configuration says of them, and what that says to a host (spec: `nic:0:*`,
 * `nic:1:*`). NIC 0 is in the guests' network, NIC 1 in a VLAN; one that has no VLAN is connected to nothing. Rules
 * alone; no effects.
 */
import { createHash } from "node:crypto";
import type { Changes } from "../api/input.ts";
import type { Value } from "../api/properties.ts";
import { usage } from "../base/errors.ts";
import type { Lease, Nic } from "../host/host.ts";
import type { Configuration } from "./configuration.ts";
import type { Server } from "./server.ts";

/** Completes the keys of NICs after a change. Errors: `usage` when they do not go together. */
export function completeNics(after: Record<string, Value>, changes: Changes): void {
  // fog sends DHCP without a model: e1000 is the specification's default value, and is answered.
  if (after["nic:0:dhcp"] !== undefined) after["nic:0:model"] ??= "e1000";
  if (after["nic:1:vlan"] !== undefined) after["nic:1:model"] ??= "e1000";
  if (after["nic:1:model"] !== undefined || after["nic:1:mac"] === undefined) return;
  if (changes.get("nic:1:mac")) {
    throw usage(
      "inconsistent_configuration",
      "nic:1:mac says something of NIC 1, which has neither a model nor a VLAN",
      { key: "nic:1:mac" },
    );
  }
  // A MAC address without a NIC says nothing; it goes with it.
  delete after["nic:1:mac"];
}

/** @param lease of NIC 0 */
export function nicsOf(
  { uuid, configuration }: Pick<Server, "uuid" | "configuration">,
  lease: Lease | null,
): Nic[] {
  const nics: Nic[] = [];
  const { guestNic, vlanNic } = configuration;
  if (guestNic !== null) {
    nics.push({ index: 0, model: guestNic.model, mac: generatedMac(uuid, 0), vlan: null, lease });
  }
  const mac = vlanMac(uuid, configuration);
  if (vlanNic !== null && mac !== null) {
    nics.push({ index: 1, model: vlanNic.model, mac, vlan: vlanNic.vlan, lease: null });
  }
  return nics;
}

/** The MAC address of NIC 1, as configured or generated; null where there is no such NIC. */
export function vlanMac(server: string, { vlanNic }: Pick<Configuration, "vlanNic">): string | null {
  return vlanNic === null ? null : (vlanNic.mac ?? generatedMac(server, 1));
}

/**
 * A MAC address that is the same at every start, since guests tie their settings to it. Locally administered (second
 * lowest bit of the first byte set), unicast.
 */
function generatedMac(server: string, nic: number): string {
  const digest = createHash("sha256").update(`${server}/${nic}`).digest();
  return [0x06, ...digest.subarray(0, 5)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
