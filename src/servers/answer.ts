/** A server as it is answered (spec: server info, and the worked example). */
import type { Properties, Value } from "../api/properties.ts";
import type { IoCounters, RunState, ServerCounters } from "../host/host.ts";
import { bootList, type DeviceEntry, devicesOf } from "./config.ts";
import { SERVER_KEYS } from "./keys.ts";
import { vlanMac } from "./nics.ts";
import type { Run, Server } from "./server.ts";

/** The state and counters of a server's QEMU. */
export type Live = { readonly state: RunState; readonly counters: ServerCounters };

/** A key with its value, or with where the value is found in a QEMU's counters. */
type Entry = readonly [key: string, value: Value | ((live: Live) => Value)];

/**
 * What is answered of a server until the next change of it: callers poll it, and putting its keys in order is most of
 * the work.
 */
const stopped = new WeakMap<Server, Properties>();
const active = new WeakMap<Server, readonly Entry[]>();
/** The same of one that runs, until its QEMU tells other counters. */
const told = new WeakMap<ServerCounters, { server: Server; state: RunState; answer: Properties }>();

/** @param live null when it is stopped */
export function serverAnswer(server: Server, live: Live | null): Properties {
  if (live === null || server.run === null) {
    return remembered(stopped, server, () =>
      SERVER_KEYS.inOrder([...configured(server), ["status", "stopped"]]),
    );
  }
  const { run } = server;
  const before = told.get(live.counters);
  if (before?.server === server && before.state === live.state) return before.answer;
  const entries = remembered(active, server, () =>
    SERVER_KEYS.inOrder([...configured(server), ...running(server, run)]),
  );
  const answer = entries.map(
    ([key, value]) => [key, typeof value === "function" ? value(live) : value] as const,
  );
  told.set(live.counters, { server, state: live.state, answer });
  return answer;
}

function remembered<T>(answers: WeakMap<Server, T>, server: Server, make: () => T): T {
  let answer = answers.get(server);
  if (answer === undefined) {
    answer = make();
    answers.set(server, answer);
  }
  return answer;
}

function configured({ uuid, user, config }: Server): Map<string, Value> {
  const answer = new Map<string, Value>([["server", uuid], ...Object.entries(config), ["user", user]]);
  const boot = bootList(config, devicesOf(config));
  const [first] = boot;
  if (first !== undefined) answer.set("boot", boot.length === 1 ? first : boot);
  // Old clients read the password under its old name (ruling).
  if (config["vnc:password"] !== undefined) answer.set("password", config["vnc:password"]);
  return answer;
}

function running({ uuid, config }: Server, run: Run): Entry[] {
  const mac = vlanMac(uuid, config);
  return [
    ["status", ({ state }) => state],
    ["started", run.started],
    ["smp:cores", run.cores],
    ["smp:sockets", run.sockets],
    ...(run.nicAddress === null ? [] : [["nic:0:dhcp:ip", run.nicAddress] as const]),
    ...(mac === null || config["nic:1:mac"] !== undefined ? [] : [["nic:1:mac", mac] as const]),
    ...(run.vncAddress === null ? [] : [["vnc:ip", run.vncAddress] as const]),
    ["rx", ({ counters }) => counters.rxBytes],
    ["tx", ({ counters }) => counters.txBytes],
    ["rx:bytes", ({ counters }) => counters.rxBytes],
    ["rx:packets", ({ counters }) => counters.rxPackets],
    ["tx:bytes", ({ counters }) => counters.txBytes],
    ["tx:packets", ({ counters }) => counters.txPackets],
    ...devicesOf(config).flatMap(deviceCounters),
  ];
}

function deviceCounters({ key }: DeviceEntry, index: number): Entry[] {
  const count = (name: keyof IoCounters) => (live: Live) => live.counters.devices[index]?.[name] ?? 0;
  return [
    [`${key}:read:bytes`, count("readBytes")],
    [`${key}:read:requests`, count("readRequests")],
    [`${key}:write:bytes`, count("writeBytes")],
    [`${key}:write:requests`, count("writeRequests")],
  ];
}
