/** A server as it is answered (spec: server info, and the worked example). */
import type { Properties, Value } from "../api/properties.ts";
import type { IoCounters, Live } from "../host/host.ts";
import type { DeviceEntry } from "./configuration.ts";
import { SERVER_KEYS } from "./keys.ts";
import { vlanMac } from "./nics.ts";
import type { UnreadableServer } from "./records.ts";
import type { Run, Server } from "./server.ts";

/** A key with its value, or with where the value is found in what a QEMU tells. */
type Entry = readonly [key: string, value: Value | ((live: Live) => Value)];

/** What of a server's answer holds for its revision, stopped and active. */
type Fixed = {
  stopped: Properties | null;
  active: readonly Entry[] | null;
  last: (Pick<Live, "counters" | "state"> & { readonly answer: Properties }) | null;
};

/**
 * Callers poll what is answered of a server, and putting its keys in order is most of the work. A server as it was read
 * never changes, and is read anew with each revision (`records.ts`).
 */
const fixed = new WeakMap<Server, Fixed>();

/** @param live null when it is stopped */
export function serverAnswer(server: Server, live: Live | null): Properties {
  const known = fixedOf(server);
  const { run } = server;
  if (live === null || run === null) {
    known.stopped ??= SERVER_KEYS.inOrder([...configured(server), ["status", "stopped"]]);
    return known.stopped;
  }
  known.active ??= SERVER_KEYS.inOrder([...configured(server), ...running(server, run)]);
  const { last } = known;
  // Until its QEMU has told new counters, what was answered holds.
  if (last !== null && last.counters === live.counters && last.state === live.state) return last.answer;
  const answer = known.active.map(
    ([key, value]) => [key, typeof value === "function" ? value(live) : value] as const,
  );
  known.last = { counters: live.counters, state: live.state, answer };
  return answer;
}

/** One whose row is damaged is told by its name, among others that are whole. */
export const unreadableAnswer = ({ uuid, user }: UnreadableServer): Properties => [
  ["server", uuid],
  ["user", user],
];

function fixedOf(server: Server): Fixed {
  const known = fixed.get(server);
  if (known !== undefined) return known;
  const none: Fixed = { stopped: null, active: null, last: null };
  fixed.set(server, none);
  return none;
}

function configured({ uuid, user, config, configuration, userDataBytes }: Server): Map<string, Value> {
  const answer = new Map<string, Value>([["server", uuid], ...Object.entries(config), ["user", user]]);
  const { boot } = configuration;
  const [first] = boot;
  if (first !== undefined) answer.set("boot", boot.length === 1 ? first : boot);
  // Old clients read the password under its old name (ruling).
  if (config["vnc:password"] !== undefined) answer.set("password", config["vnc:password"]);
  if (userDataBytes !== null) answer.set("user-data:size", userDataBytes);
  return answer;
}

function running({ uuid, configuration }: Server, run: Run): Entry[] {
  const mac = vlanMac(uuid, configuration);
  const isGenerated = mac !== null && configuration.vlanNic?.mac === null;
  return [
    ["status", ({ state }) => state],
    ["started", run.started],
    ["smp:cores", run.cores],
    ["smp:sockets", run.sockets],
    ...(run.nicAddress === null ? [] : [["nic:0:dhcp:ip", run.nicAddress] as const]),
    ...(isGenerated ? [["nic:1:mac", mac] as const] : []),
    ...(run.vncAddress === null ? [] : [["vnc:ip", run.vncAddress] as const]),
    ["rx", ({ counters }) => counters.rxBytes],
    ["tx", ({ counters }) => counters.txBytes],
    ["rx:bytes", ({ counters }) => counters.rxBytes],
    ["rx:packets", ({ counters }) => counters.rxPackets],
    ["tx:bytes", ({ counters }) => counters.txBytes],
    ["tx:packets", ({ counters }) => counters.txPackets],
    ...configuration.devices.flatMap(deviceCounters),
  ];
}

function deviceCounters({ key }: DeviceEntry): Entry[] {
  const count = (name: keyof IoCounters) => (live: Live) => live.counters.devices[key]?.[name] ?? 0;
  return [
    [`${key}:read:bytes`, count("readBytes")],
    [`${key}:read:requests`, count("readRequests")],
    [`${key}:write:bytes`, count("writeBytes")],
    [`${key}:write:requests`, count("writeRequests")],
  ];
}
