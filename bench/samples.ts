/**
 * What sampling costs a daemon whose servers run, 1,000 of them on the simulated host: the loop's delay and the CPU of this
 * process in spans of time in which they are sampled as in a minute each, beside spans in which they are not. And what it costs
 * a real host to ask the kernel of as many processes.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { HOUR_MS, MINUTE_MS } from "../src/base/durations.ts";
import type { ServerCounters } from "../src/host/host.ts";
import { identify } from "../src/host/process/process.ts";
import { usesOf } from "../src/host/qemu/uses.ts";
import { Hosts, LOCAL_HOST } from "../src/hosts/hosts.ts";
import { Sampler } from "../src/samples/sampler.ts";
import { openStore } from "../src/store/open.ts";
import { simulatedHost } from "../testing/simulated/host.ts";
import { emptyMachine, type Machine } from "../testing/simulated/machine.ts";
import { type Figure, interleaved, median } from "./ratio.ts";

const SERVERS = 1_000;
/** 2027-03-01T00:00:00Z. */
const BEGIN = 1_803_859_200;
/** Rounds before anything is measured: rows are as long then as they become, and some were rolled up. */
const WARM_ROUNDS = 130;
const SPANS = 5;
/** Rounds of a span, each of a minute, and how much real time one has. */
const ROUNDS = 10;
const ROUND_MS = 1_000;
const MS_OF_US = 1_000;
const MS_OF_NS = 1e6;

export async function sampleFigures(): Promise<Figure[]> {
  await using sampled = await opened();
  for (let round = 0; round < WARM_ROUNDS; round++) await sampled.round();
  const holds: { with: number[]; without: number[] } = { with: [], without: [] };
  const cpu = await interleaved(
    SPANS,
    () => span(() => sampled.round(), sampled.work, holds.with),
    () => span(async () => {}, sampled.work, holds.without),
  );
  const kernel = await askKernel();
  const of = `${SERVERS} servers`;
  return [
    {
      ...{ what: `CPU of a minute in which ${of} are sampled`, ...cpu, unit: "ms" },
      ...{ against: "the same minute without", goal: { within: MINUTE_MS / 100 } },
    },
    {
      ...{ what: `longest delay of the loop in a minute in which ${of} are sampled`, unit: "ms" },
      ...{ ours: median(holds.with), reference: median(holds.without) },
      ...{ against: "the same minute without", goal: { within: 20 } },
    },
    {
      ...{
        what: `CPU of asking the kernel of ${SERVERS} processes`,
        ours: kernel,
        reference: MINUTE_MS,
        unit: "ms",
      },
      ...{ against: "a minute, in which that is done once", goal: { atMost: 0.01 } },
    },
  ];
}

/** The CPU that a round takes, in ms, over several; the longest delay of the loop in each is added to `holds`. */
async function span(round: () => Promise<void>, work: () => void, holds: number[]): Promise<number> {
  let taken = 0;
  for (let done = 0; done < ROUNDS; done++) {
    work();
    await delay(ROUND_MS / 10);
    const histogram = monitorEventLoopDelay({ resolution: 1 });
    histogram.enable();
    const [before, beganMs] = [process.cpuUsage(), performance.now()];
    await round();
    await delay(Math.max(1, ROUND_MS - (performance.now() - beganMs)));
    const { user, system } = process.cpuUsage(before);
    histogram.disable();
    taken += (user + system) / MS_OF_US;
    holds.push(histogram.max / MS_OF_NS);
  }
  return taken / ROUNDS;
}

/** A store and a machine with servers that run, whose time goes on with each round. */
async function opened() {
  const dir = await mkdtemp(join(tmpdir(), "lodge-samples-"));
  const store = await openStore({ file: (name) => join(dir, name) });
  let now = BEGIN;
  const machine = emptyMachine(undefined, () => now * 1000);
  const uuids = Array.from({ length: SERVERS }, (_, index) => uuidAt(index));
  await store.transaction(async (tx) => {
    const user = uuidAt(SERVERS);
    await tx.insertInto("users").values({ uuid: user, name: "one of many", created: 0 }).execute();
    for (const uuid of uuids) {
      const row = { uuid, user, phase: "active", config: "{}", cpu_mhz: 500, mem_mib: 64 } as const;
      await tx.insertInto("servers").values(row).execute();
    }
  });
  for (const uuid of uuids) launch(machine, uuid, now);
  const sampler = new Sampler({
    ...{
      store,
      hosts: new Hosts(new Map([[LOCAL_HOST, simulatedHost(machine)]])),
      clock: { now: () => now },
    },
    onTrouble(error) {
      throw error;
    },
  });
  const work = () => {
    for (const run of machine.servers.values()) {
      run.taken = { cpuMs: run.taken.cpuMs + 6_000 * Math.random(), residentBytes: 2 ** 29 };
      run.counters = more(run.counters);
    }
  };
  return {
    work,
    async round() {
      now += 60;
      work();
      await sampler.round();
    },
    async [Symbol.asyncDispose]() {
      await sampler.close();
      await store.close();
      await rm(dir, { recursive: true });
    },
  };
}

/** Spread as random ones are over the minutes in which they are stored. */
const uuidAt = (index: number) =>
  `${((index * 2_654_435_761) >>> 0).toString(16).padStart(8, "0")}-0000-4000-8000-${String(index).padStart(12, "0")}`;

const IO = { readBytes: 0, readRequests: 0, writeBytes: 0, writeRequests: 0 };
const NOTHING: ServerCounters = {
  ...{ rxBytes: 0, rxPackets: 0, txBytes: 0, txPackets: 0 },
  devices: { "ide:0:0": IO, "block:0": IO },
};

function launch(machine: Machine, uuid: string, started: number): void {
  const spec = { uuid, name: "one of many", cpuMhz: 500, memMib: 64, cores: 1, sockets: 1 };
  machine.servers.set(uuid, {
    spec: { ...spec, devices: [], nics: [], vnc: null },
    instance: { uuid, generation: 1, started, state: "active", responsive: true },
    ...{ counters: NOTHING, screens: [], serials: [], taken: { cpuMs: 0, residentBytes: 0 } },
    launchedMs: machine.nowMs() - HOUR_MS,
  });
}

const some = (most: number) => Math.floor(Math.random() * most);

function more({ devices, ...counters }: ServerCounters): ServerCounters {
  const io = ({ readBytes, readRequests, writeBytes, writeRequests }: typeof IO) => ({
    ...{ readBytes: readBytes + some(1e8), readRequests: readRequests + some(1e4) },
    ...{ writeBytes: writeBytes + some(1e8), writeRequests: writeRequests + some(1e4) },
  });
  return {
    ...{ ...counters, rxBytes: counters.rxBytes + some(1e9), txBytes: counters.txBytes + some(1e9) },
    devices: Object.fromEntries(Object.entries(devices).map(([key, device]) => [key, io(device)])),
  };
}

/** The CPU that it takes to ask of as many processes as there are servers, in ms: all of them this one. */
async function askKernel(): Promise<number> {
  const identity = await identify(process.pid);
  if (identity === null) throw new Error("this process is not there");
  const counted = { identity, counters: NOTHING };
  const runs = new Map(Array.from({ length: SERVERS }, (_, index) => [uuidAt(index), { counted }] as const));
  const times: number[] = [];
  for (let round = 0; round < SPANS; round++) {
    const before = process.cpuUsage();
    const found = await usesOf(runs);
    if (found.size !== SERVERS) throw new Error(`the kernel told of ${found.size}`);
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / MS_OF_US);
  }
  return median(times);
}
