/** A server as it is answered (spec: server info, and the worked example). */
import type { Properties, Value } from "../api/properties.ts";
import type { RunState, ServerCounters } from "../host/host.ts";
import { bootList, type DeviceEntry, devicesOf } from "./config.ts";
import { SERVER_KEYS } from "./keys.ts";
import type { Server } from "./server.ts";

/**
 * @param live the state and counters of its QEMU, null when it is stopped
 */
export function serverAnswer(
  server: Server,
  live: { readonly state: RunState; readonly counters: ServerCounters } | null,
): Properties {
  const { config, run } = server;
  const devices = devicesOf(config);
  const answer = new Map<string, Value>([["server", server.uuid], ...Object.entries(config)]);
  const boot = bootList(config, devices);
  const [first] = boot;
  if (first !== undefined) answer.set("boot", boot.length === 1 ? first : boot);
  // Old clients read the password under its old name (ruling).
  if (config["vnc:password"] !== undefined) answer.set("password", config["vnc:password"]);
  answer.set("user", server.user);
  answer.set("status", live?.state ?? "stopped");
  if (live !== null && run !== null) {
    answer.set("smp:cores", run.cores);
    answer.set("smp:sockets", run.sockets);
    if (run.nicAddress !== null) answer.set("nic:0:dhcp:ip", run.nicAddress);
    if (run.vncAddress !== null) answer.set("vnc:ip", run.vncAddress);
    answer.set("started", run.started);
    addCounters(answer, live.counters, devices);
  }
  return SERVER_KEYS.inOrder(answer);
}

function addCounters(
  answer: Map<string, Value>,
  counters: ServerCounters,
  devices: readonly DeviceEntry[],
): void {
  answer.set("rx", counters.rxBytes);
  answer.set("tx", counters.txBytes);
  answer.set("rx:bytes", counters.rxBytes);
  answer.set("rx:packets", counters.rxPackets);
  answer.set("tx:bytes", counters.txBytes);
  answer.set("tx:packets", counters.txPackets);
  for (const [index, { key }] of devices.entries()) {
    const io = counters.devices[index];
    if (io === undefined) continue;
    answer.set(`${key}:read:bytes`, io.readBytes);
    answer.set(`${key}:read:requests`, io.readRequests);
    answer.set(`${key}:write:bytes`, io.writeBytes);
    answer.set(`${key}:write:requests`, io.writeRequests);
  }
}
