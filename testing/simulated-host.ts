/**
 * A host that lives in memory, with faults that a test asks for: for tests of state, which need thousands of events and
 * crashes at chosen points. What it keeps outlives a daemon as a real host's files and processes do.
 */
import { gunzipSync, gzipSync } from "node:zlib";
import { busy, failed, full, usage } from "../src/base/errors.ts";
import type {
  DriveHost,
  DriveImage,
  Host,
  HostFacts,
  Imaging,
  Instance,
  IoCounters,
  Nic,
  ServerCounters,
  ServerEvent,
  ServerHost,
  ServerSpec,
} from "../src/host/host.ts";

/** The effects at which a fault can be made to happen. */
export type Effect =
  | "drive create"
  | "drive resize"
  | "drive destroy"
  | "drive image"
  | "launch"
  | "kill"
  | "set cpu"
  | "set vnc";

/** What the machine holds: given to one simulated host after the other, it is what a restart finds. */
export type Machine = {
  readonly drives: Map<string, { image: DriveImage; bytes: Buffer }>;
  readonly servers: Map<string, { spec: ServerSpec; instance: Instance; counters: ServerCounters }>;
};

export const emptyMachine = (): Machine => ({ drives: new Map(), servers: new Map() });

export type SimulatedHost = Host & {
  /** A guest powers itself off, or its QEMU dies. */
  powerOff(server: string): void;
};

const NO_IO: IoCounters = { readBytes: 0, readRequests: 0, writeBytes: 0, writeRequests: 0 };

const FACTS: HostFacts = {
  cores: 4,
  coreMhz: 2500,
  memMib: 8192,
  accelerator: "tcg",
  network: "bridged",
  cpuQuotas: true,
  imagings: 2,
  separateUid: true,
  addresses: { first: "10.0.0.2", last: "10.0.0.9" },
  staticAddresses: {
    ...{ first: "10.0.0.10", last: "10.0.0.12" },
    ...{ prefix: 28, gateway: "10.0.0.1", nameservers: ["192.0.2.53"] },
  },
};

/** Whether two NICs cannot both be: they have the same address, or the same MAC in the same VLAN. */
function clash(nic: Nic, other: Nic): boolean {
  if (nic.lease !== null && nic.lease.address === other.lease?.address) return true;
  return nic.vlan !== null && nic.vlan === other.vlan && nic.mac === other.mac;
}

/**
 * @param before is called as each effect begins; what it throws is that effect's failure, and an await in it is the
 *   time that the effect takes
 */
export function simulatedHost(
  machine: Machine,
  before: (effect: Effect, uuid: string) => Promise<void> = async () => {},
  facts: Partial<HostFacts> = {},
): SimulatedHost {
  const { drives, servers: instances } = machine;
  const listeners = new Set<(event: ServerEvent) => void>();

  function gone(uuid: string): void {
    const server = instances.get(uuid);
    if (server === undefined) return;
    instances.delete(uuid);
    for (const listener of listeners) listener({ kind: "gone", uuid, counters: server.counters });
  }

  function instance(uuid: string) {
    const server = instances.get(uuid);
    if (server === undefined) throw failed(`server ${uuid} does not run here`);
    return server;
  }

  const holder = (drive: string) =>
    [...instances.values()].find(({ spec }) => spec.devices.some((device) => device.drive.uuid === drive));

  const driveHost: DriveHost = {
    async create(image) {
      await before("drive create", image.uuid);
      if (!drives.has(image.uuid)) drives.set(image.uuid, { image, bytes: Buffer.alloc(image.sizeBytes) });
    },
    async resize({ uuid }, sizeBytes) {
      await before("drive resize", uuid);
      const drive = drives.get(uuid);
      if (drive === undefined) throw failed(`drive ${uuid} is not here`);
      const bytes = Buffer.alloc(sizeBytes);
      drive.bytes.copy(bytes, 0, 0, sizeBytes);
      drive.bytes = bytes;
    },
    async destroy(uuid) {
      await before("drive destroy", uuid);
      if (holder(uuid) !== undefined) throw busy(`drive ${uuid} is open`);
      drives.delete(uuid);
    },
    async read({ uuid }, offset, length) {
      const drive = drives.get(uuid);
      if (drive === undefined) throw failed(`drive ${uuid} is not here`);
      return Buffer.from(drive.bytes.subarray(offset, offset + length));
    },
    async write({ uuid }, offset, source) {
      if (holder(uuid) !== undefined) throw busy(`drive ${uuid} is open`);
      const drive = drives.get(uuid);
      if (drive === undefined) throw failed(`drive ${uuid} is not here`);
      let at = offset;
      for await (const piece of source) {
        if (at + piece.length > drive.bytes.length) throw full("the write passes the end of the drive");
        drive.bytes.set(piece, at);
        at += piece.length;
      }
      return at - offset;
    },
    async image({ source, target, conversion, onProgress, signal }) {
      const [from, onto] = [drives.get(source.uuid), drives.get(target.uuid)];
      if (from === undefined) throw failed(`drive ${source.uuid} is not here`);
      if (onto === undefined) throw failed(`drive ${target.uuid} is not here`);
      if (holder(target.uuid) !== undefined) throw busy(`drive ${target.uuid} is open`);
      onto.bytes.fill(0);
      onProgress(0.5);
      await before("drive image", target.uuid);
      signal.throwIfAborted();
      const bytes = converted(from.bytes, conversion);
      if (bytes.length > onto.bytes.length) throw full("the result does not fit");
      onto.bytes.set(bytes);
    },
    present: async () => [...drives.keys()],
    async space() {
      const allocatedBytes = [...drives.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
      return { freeBytes: 2 ** 30 - allocatedBytes, allocatedBytes };
    },
  };

  const servers: ServerHost = {
    async launch(spec) {
      await before("launch", spec.uuid);
      for (const { drive, shared } of spec.devices) {
        const other = holder(drive.uuid);
        if (!drives.has(drive.uuid)) throw failed(`drive ${drive.uuid} is not here`);
        if (!shared && other !== undefined && other.spec.uuid !== spec.uuid) {
          throw new Error(`drive ${drive.uuid} was let out twice`);
        }
      }
      const others = [...instances.values()].filter((other) => other.spec.uuid !== spec.uuid);
      const nics = others.flatMap((other) => other.spec.nics);
      if (spec.nics.some((nic) => nics.some((other) => clash(nic, other)))) {
        throw new Error(`a place on the network was given to ${spec.uuid} and another`);
      }
      const started: Instance = { uuid: spec.uuid, state: "active", started: Math.floor(Date.now() / 1000) };
      const counters = {
        rxBytes: 0,
        rxPackets: 0,
        txBytes: 0,
        txPackets: 0,
        devices: spec.devices.map(() => NO_IO),
      };
      instances.set(spec.uuid, { spec, instance: started, counters });
      return started;
    },
    async kill(uuid) {
      await before("kill", uuid);
      gone(uuid);
    },
    async powerDown(uuid) {
      instance(uuid);
      gone(uuid);
    },
    async reset(uuid) {
      instance(uuid);
    },
    async setCpu(uuid) {
      await before("set cpu", uuid);
      instance(uuid);
    },
    async setVncPassword(uuid) {
      await before("set vnc", uuid);
      instance(uuid);
    },
    counters: async (uuid) => instance(uuid).counters,
    running: () => [...instances.values()].map((server) => server.instance),
    find: (uuid) => instances.get(uuid)?.instance ?? null,
    observe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  return { facts: { ...FACTS, ...facts }, drives: driveHost, servers, powerOff: gone, close: async () => {} };
}

function converted(bytes: Buffer, conversion: Imaging["conversion"]): Buffer {
  if (conversion === null) return bytes;
  try {
    return conversion === "gzip" ? gzipSync(bytes) : gunzipSync(bytes);
  } catch (cause) {
    throw usage("it holds no whole gzip stream", { cause });
  }
}
