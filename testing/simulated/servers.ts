/** The servers of a simulated machine. */
import { type Duplex, duplexPair } from "node:stream";
import { busy, failed, missing } from "../../src/base/errors.ts";
import { Outdated } from "../../src/host/errors.ts";
import type {
  Generation,
  IoCounters,
  Nic,
  RunDescription,
  RunUse,
  ServerCounters,
  ServerHost,
  ServerSpec,
  UplinkCount,
} from "../../src/host/host.ts";
import {
  type Before,
  ensureNotImaged,
  ensureNotRead,
  fence,
  holder,
  type Machine,
  type SimulatedRun,
} from "./machine.ts";

const NO_IO: IoCounters = { readBytes: 0, readRequests: 0, writeBytes: 0, writeRequests: 0 };

/** Ends a run as its guest or a dying QEMU does: it is kept until it is released. */
export function endRun(machine: Machine, uuid: string): void {
  const run = machine.servers.get(uuid);
  if (run === undefined) return;
  machine.servers.delete(uuid);
  for (const screen of run.screens) screen.destroy();
  for (const serial of run.serials) serial.end();
  const { generation, started } = run.instance;
  const endedMs = machine.nowMs();
  machine.ended.set(uuid, {
    uuid,
    generation,
    started,
    state: "ended",
    counters: run.counters,
    ranAt: generation,
    get endedAgoS() {
      return Math.floor((machine.nowMs() - endedMs) / 1000);
    },
  });
  machine.changes.note(uuid);
}

/** The guest says something on its serial port. Errors: the server does not run. */
export function say(machine: Machine, uuid: string, text: string | Buffer): void {
  const run = machine.servers.get(uuid);
  if (run === undefined) throw new Error(`server ${uuid} does not run`);
  machine.said.set(uuid, Buffer.concat([machine.said.get(uuid) ?? Buffer.alloc(0), Buffer.from(text)]));
  for (const serial of run.serials) if (serial.writable) serial.write(text);
}

/** The NIC of the server's run sends or receives so many bytes at the uplink. Errors: it has none that is counted. */
export function countUplink(machine: Machine, uuid: string, bytes: number): void {
  const { run, uplink } = countedRun(machine, uuid);
  run.counters = { ...run.counters, uplink: { ...uplink, bytes: uplink.bytes + bytes } };
}

/** Its counter is lost, and another takes its place. */
export function loseUplinkCounter(machine: Machine, uuid: string): void {
  const { run, uplink } = countedRun(machine, uuid);
  run.counters = { ...run.counters, uplink: { counter: `${uplink.counter}'`, bytes: 0 } };
}

function countedRun(machine: Machine, uuid: string) {
  const run = machine.servers.get(uuid);
  const uplink = run?.counters.uplink;
  if (run === undefined || uplink === undefined) throw new Error(`server ${uuid} is not counted`);
  return { run, uplink };
}

export function simulatedServers(machine: Machine, before: Before): ServerHost {
  const { servers, ended } = machine;

  function present(uuid: string): SimulatedRun {
    const run = servers.get(uuid);
    if (run === undefined) throw notHere(uuid);
    return run;
  }

  /** Asks the run that is there now: a later one never hears of it, since each is asked by its own monitor. */
  async function ask(uuid: string, effect: "power down" | "reset"): Promise<void> {
    const run = present(uuid);
    await before(effect, uuid);
    if (servers.get(uuid) !== run) throw notHere(uuid);
  }

  return {
    async launch(spec, generation) {
      const { uuid } = spec;
      ensureOpen(machine, uuid, generation);
      await before("launch", uuid);
      ensureOpen(machine, uuid, generation);
      const running = servers.get(uuid);
      if (running?.instance.generation === generation) return;
      if (running !== undefined || ended.has(uuid))
        throw busy("in_progress", `an earlier run of server ${uuid} is there`);
      assertPossible(machine, spec);
      const started = Math.floor(Date.now() / 1000);
      const instance = { uuid, generation, started, state: "active", responsive: true } as const;
      machine.said.delete(uuid);
      servers.set(uuid, { spec, instance, counters: newCounters(spec, generation), ...launched(machine) });
    },
    async apply(spec, generation) {
      fence(machine, spec.uuid, generation);
      await before("apply", spec.uuid);
      fence(machine, spec.uuid, generation);
      const run = present(spec.uuid);
      run.spec = spec;
      run.instance = { ...run.instance, generation };
    },
    async end(uuid, generation) {
      fence(machine, uuid, generation);
      await before("end", uuid);
      fence(machine, uuid, generation);
      machine.closed.set(uuid, Math.max(machine.closed.get(uuid) ?? -1, generation));
      endRun(machine, uuid);
    },
    async release(uuid, generation) {
      await before("release", uuid);
      // That of a later run stays, however late this comes.
      if ((ended.get(uuid)?.generation ?? 0) <= generation) ended.delete(uuid);
    },
    async powerDown(uuid) {
      await ask(uuid, "power down");
      endRun(machine, uuid);
    },
    reset: (uuid) => ask(uuid, "reset"),
    screen: async (uuid) => viewOf(present(uuid).screens),
    async serial(uuid) {
      const serials = servers.get(uuid)?.serials ?? [];
      const bytes = viewOf(serials);
      if (!servers.has(uuid)) serials[0]?.end();
      return { history: machine.said.get(uuid) ?? Buffer.alloc(0), bytes };
    },
    async forgetSerial(uuid) {
      machine.said.delete(uuid);
    },
    async live(uuid) {
      const run = servers.get(uuid);
      if (run === undefined) return null;
      const { instance, counters } = run;
      if (instance.state === "ended") return null;
      return { state: instance.state, responsive: instance.responsive, counters };
    },
    uplinkCounts: async () => uplinkCounts(machine),
    uses: async () => uses(machine),
    list: async () => [...[...servers.values()].map(({ instance }) => instance), ...ended.values()],
    find: async (uuid) => servers.get(uuid)?.instance ?? ended.get(uuid) ?? null,
    describe: async (uuid) => descriptionOf(servers.get(uuid)),
  };
}

const launched = (machine: Machine) => ({
  screens: [],
  serials: [],
  taken: { cpuMs: 0, residentBytes: 0 },
  launchedMs: machine.nowMs(),
});

function uses(machine: Machine): ReadonlyMap<string, RunUse> {
  const answering = [...machine.servers].filter(
    ([, { instance }]) => instance.state !== "ended" && instance.responsive,
  );
  return new Map(
    answering.map(([uuid, run]) => [
      uuid,
      {
        run: `${uuid} of ${run.launchedMs}`,
        ageS: (machine.nowMs() - run.launchedMs) / 1000,
        ...run.taken,
        counters: run.counters,
      },
    ]),
  );
}

function descriptionOf(run: SimulatedRun | undefined): RunDescription | null {
  if (run === undefined) return null;
  const { name, cpuMhz, memMib, cores, sockets, nics, devices, vnc } = run.spec;
  return {
    ...{ name, cpuMhz, memMib, cores, sockets, nics },
    devices: devices.map(({ key, media, shared, bootIndex, volume }) => ({
      ...{ key, media, shared, bootIndex },
      drive: volume.uuid,
    })),
    vnc: vnc === null ? null : { address: vnc.address, tls: vnc.tls },
  };
}

/** What somebody looks at; the guest's end of it is added to those that there are. */
function viewOf(guests: Duplex[]): Duplex {
  const [shown, guest] = duplexPair();
  // As of a socket, the one end goes with the other.
  shown.once("close", () => guest.destroy());
  guest.once("close", () => {
    if (!guest.writableFinished) shown.destroy();
  });
  guests.push(guest);
  return shown;
}

const notHere = (uuid: string) => missing("server_not_here", `server ${uuid} does not run here`);

/** Errors: Outdated, when a launch of that generation comes late. */
function ensureOpen(machine: Machine, uuid: string, generation: Generation): void {
  const closed = machine.closed.get(uuid) ?? -1;
  if (generation <= closed) throw new Outdated(uuid, generation, closed);
  fence(machine, uuid, generation);
}

function newCounters({ uuid, devices, nics }: ServerSpec, generation: Generation): ServerCounters {
  const none = { rxBytes: 0, rxPackets: 0, txBytes: 0, txPackets: 0 };
  const isCounted = nics.some(({ lease }) => lease !== null);
  return {
    ...none,
    devices: Object.fromEntries(devices.map(({ key }) => [key, NO_IO])),
    ...(isCounted ? { uplink: { counter: `${uuid}/${generation}`, bytes: 0 } } : {}),
  };
}

function uplinkCounts({ servers }: Machine): ReadonlyMap<string, UplinkCount> {
  const counts = new Map<string, UplinkCount>();
  for (const [uuid, { counters }] of servers) {
    if (counters.uplink !== undefined) counts.set(uuid, counters.uplink);
  }
  return counts;
}

/** Errors: what no machine could run beside what it runs, which is a defect of whoever asks for it. */
function assertPossible(machine: Machine, spec: ServerSpec): void {
  for (const { volume, shared, media } of spec.devices) {
    if (!machine.drives.has(volume.uuid)) throw failed("storage_failed", `drive ${volume.uuid} is not here`);
    if (media === "disk") ensureNotRead(machine, volume.uuid);
    ensureNotImaged(machine, volume.uuid);
    const other = holder(machine, volume.uuid);
    if (!shared && other !== undefined && other.spec.uuid !== spec.uuid) {
      throw new Error(`drive ${volume.uuid} was let out twice`);
    }
  }
  const nics = [...machine.servers.values()].flatMap((other) => other.spec.nics);
  if (spec.nics.some((nic) => nics.some((other) => clash(nic, other)))) {
    throw new Error(`a place on the network was given to ${spec.uuid} and another`);
  }
}

/** Whether two NICs cannot both be: they have the same address, or the same MAC in the same VLAN. */
function clash(nic: Nic, other: Nic): boolean {
  if (nic.lease !== null && nic.lease.address === other.lease?.address) return true;
  return nic.vlan !== null && nic.vlan === other.vlan && nic.mac === other.mac;
}
