/**
 * What a machine can do for a cloud: each ability found out by trying, and for each lack what follows from it and what to do
 * about it. `lodge doctor` says it of a machine on which no cloud has to run, a host of itself (`Host.checks`).
 */
import { DeadlineExceeded, within } from "../../base/deadline.ts";
import { sentenceOf } from "../../base/errors.ts";
import type { Check } from "../host.ts";
import { acceleration, programs, quotas, sandbox, separation } from "./abilities.ts";
import type { Examined, Found } from "./found.ts";
import { disk, memory, network, screens, socketBuffers } from "./surroundings.ts";

/** How long one of them may take: a guest that boots, and the parts of a network, are tried. */
const CHECK_MS = 30_000;

const CHECKS: readonly (readonly [name: string, find: (examined: Examined) => Found | Promise<Found>])[] = [
  ["Programs", programs],
  ["KVM", acceleration],
  ["Network", network],
  ["CPU quotas", quotas],
  ["Separate uid", separation],
  ["Sandbox", sandbox],
  ["VNC over TLS", screens],
  ["Free disk", disk],
  ["Socket buffers", socketBuffers],
  ["Free memory", memory],
];

/** One after the other. What cannot be found out is said to be unknown, and why. */
export async function examine(examined: Examined): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const [name, find] of CHECKS) checks.push(await check(name, async () => find(examined)));
  return checks;
}

/** @param ms how long it may take */
export async function check(name: string, find: () => Promise<Found>, ms = CHECK_MS): Promise<Check> {
  try {
    const found = await within(ms, `the check of ${name}`, find());
    return { name, verdict: found.follows === undefined ? "good" : "lacking", ...found };
  } catch (error) {
    const late = error instanceof DeadlineExceeded ? `it took longer than ${ms / 1000} s` : sentenceOf(error);
    return { name, verdict: "unknown", state: `not known: ${late}` };
  }
}
