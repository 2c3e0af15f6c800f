/** What the store says, and how it does: operations, objects, room. */
import type { RunState } from "../host/host.ts";
import { type Room, roomOf, type Share } from "../placement/room.ts";
import { type Family, histogramSamples, labelled, single } from "./family.ts";
import type { Figures } from "./figures.ts";
import { OPERATION_STATES } from "./operation-figures.ts";

const MIB = 2 ** 20;
const MHZ = 1e6;

export const STATE_FAMILIES: readonly Family[] = [
  single(
    {
      name: "lodge_store_up",
      help: "Whether the store answered this scrape: 1, or 0 and then what it says is missing here.",
      type: "gauge",
    },
    ({ stored }) => (stored === null ? 0 : 1),
  ),
  {
    name: "lodge_store_transaction_duration_seconds",
    help: "How long this daemon's transactions took, their wait for others included.",
    type: "histogram",
    labels: [],
    samples: ({ store }) => histogramSamples(store.transactions),
  },
  {
    name: "lodge_store_faults_total",
    help: "What the store could not do: answer, find room on its disk, or say whether a commit was made.",
    type: "counter",
    labels: ["fault"],
    samples: ({ store }) => labelled("fault", store.faults),
  },
  {
    name: "lodge_operations",
    help: "Operations that are not settled: under_way, waiting for their turn, or retried after a failure.",
    type: "gauge",
    labels: ["noun", "action", "state"],
    samples: ({ stored }) =>
      stored === null
        ? []
        : [
            ...OPERATION_STATES.map((state) => ({ labels: { noun: "", action: "", state }, value: 0 })),
            ...stored.operations.map(({ noun, action, state, count }) => ({
              labels: { noun, action, state },
              value: count,
            })),
          ],
  },
  {
    name: "lodge_operations_oldest_seconds",
    help: "How long the oldest operation of each state has been wanted; 0 where there is none.",
    type: "gauge",
    labels: ["state"],
    samples: ({ stored, nowMs }) =>
      OPERATION_STATES.flatMap((state) => {
        if (stored === null) return [];
        const since = stored.operations.filter((each) => each.state === state).map(({ sinceMs }) => sinceMs);
        return [{ labels: { state }, value: Math.max(0, nowMs - Math.min(nowMs, ...since)) / 1000 }];
      }),
  },
  {
    name: "lodge_operation_attempts_total",
    help: "Attempts of this daemon at operations that have ended, by outcome.",
    type: "counter",
    labels: ["noun", "action", "outcome"],
    samples: ({ endedOperations }) =>
      endedOperations.map(({ noun, action, outcome, count }) => ({
        labels: { noun, action, outcome },
        value: count,
      })),
  },
  {
    name: "lodge_servers",
    help: "Servers by status: of those that run as their QEMUs say now, of others as they were counted within a minute.",
    type: "gauge",
    labels: ["status"],
    samples: serverSamples,
  },
  {
    name: "lodge_drives",
    help: "Drives by phase, as they were counted within a minute.",
    type: "gauge",
    labels: ["phase"],
    samples: ({ objects }) => (objects === null ? [] : labelled("phase", objects.drives)),
  },
  {
    name: "lodge_imagings",
    help: "Imagings by state, as they were counted within a minute.",
    type: "gauge",
    labels: ["state"],
    samples: ({ objects }) => (objects === null ? [] : labelled("state", objects.imagings)),
  },
  ...roomFamilies("memory", "bytes", "Memory for servers", { of: "memMib", unit: MIB }),
  ...roomFamilies("cpu", "hertz", "CPU for servers", { of: "mhz", unit: MHZ }),
  ...roomFamilies("disk", "bytes", "Disk for drives", { of: "diskBytes", unit: 1 }),
];

function serverSamples({ objects, instances }: Figures) {
  if (objects === null || instances === null) return [];
  const { active: _, ...others } = objects.servers;
  const running: Record<RunState, number> = { active: 0, paused: 0, dumped: 0, dead: 0 };
  for (const { state } of instances) if (state !== "ended") running[state]++;
  return labelled("status", { ...others, ...running });
}

/** What there is of something on a host, and what of it is allocated. */
function roomFamilies(
  what: string,
  unitName: string,
  title: string,
  { of, unit }: { readonly of: keyof Room; readonly unit: number },
): readonly Family[] {
  const samples = (part: keyof Share) => (figures: Figures) =>
    (figures.stored?.hosts ?? []).map((host) => ({
      labels: { host: host.name },
      value: roomOf(host)[of][part] * unit,
    }));
  return [
    {
      name: `lodge_${what}_capacity_${unitName}`,
      help: `${title} that there is to allocate, by host.`,
      type: "gauge",
      labels: ["host"],
      samples: samples("capacity"),
    },
    {
      name: `lodge_${what}_allocated_${unitName}`,
      help: `${title} that is allocated, by host.`,
      type: "gauge",
      labels: ["host"],
      samples: samples("allocated"),
    },
  ];
}
