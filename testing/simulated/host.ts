/**
 * A host that lives in memory, with faults that a test asks for: for tests of state, which need thousands of events and
 * crashes at chosen points. It is how a daemon reaches a machine, as several may.
 */
import type { Host, HostFacts } from "../../src/host/host.ts";
import { SimulatedDrives } from "./drives.ts";
import type { Before, Machine } from "./machine.ts";
import { simulatedServers } from "./servers.ts";

const FACTS: HostFacts = {
  cores: 4,
  coreMhz: 2500,
  memMib: 8192,
  accelerator: "tcg",
  network: "bridged",
  cpuQuotas: true,
  separateUid: true,
  addresses: { first: "10.0.0.2", last: "10.0.0.9" },
  staticAddresses: {
    ...{ first: "10.0.0.10", last: "10.0.0.12" },
    ...{ prefix: 28, gateway: "10.0.0.1", nameservers: ["192.0.2.53"] },
  },
};

export type SimulatedHost = Host & { readonly drives: SimulatedDrives };

export function simulatedHost(
  machine: Machine,
  before: Before = async () => {},
  facts: Partial<HostFacts> = {},
): SimulatedHost {
  return {
    drives: new SimulatedDrives(machine, before),
    servers: simulatedServers(machine, before),
    facts: async () => ({ ...FACTS, ...facts }),
    checks: async () => machine.checks,
    networks: async () => machine.networks,
    changes: (since, signal) => machine.changes.since(since, signal),
  };
}
