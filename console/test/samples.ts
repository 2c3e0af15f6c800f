/** A server that was seen to run for most of a year, with a gap of each kind: also of whole weeks, on whichever day it is. */
import { addSamples, replaceSamples } from "../../src/samples/records.ts";
import { type Sample, sampleOf } from "../../src/samples/sample.ts";
import { DAYS, HOURS, MINUTES, type Step } from "../../src/samples/steps.ts";
import type { Stage } from "./stage.ts";

const MIB = 2 ** 20;

/** Rises and falls, so often in all. */
const wave = (part: number, times: number) => (1 + Math.sin(part * times * 2 * Math.PI)) / 2;

/** @param part how much of all is before it, from 0 to 1 */
function sampleAt(part: number, seconds: number): Sample {
  const amounts: Sample = {
    seconds,
    cpuMhzS: Math.round((200 + 1500 * wave(part, 9)) * seconds),
    memMibS: Math.round((300 + 500 * wave(part, 3)) * seconds),
    rxBytes: Math.round(2 * MIB * wave(part, 7) * seconds),
    txBytes: Math.round(0.7 * MIB * wave(part + 0.1, 7) * seconds),
    readBytes: Math.round(0.4 * MIB * wave(part, 11) * seconds),
    readRequests: Math.round(20 * wave(part, 11) * seconds),
    writeBytes: Math.round(1.1 * MIB * wave(part, 6) * seconds),
    writeRequests: Math.round(55 * wave(part, 6) * seconds),
  };
  return sampleOf((name) => amounts[name]);
}

/** Samples of so many steps until now; in every ninth part of them but the last there is a gap. */
function samplesOf({ stepS }: Step, count: number, now: number): Map<number, Sample> {
  const last = now - (now % stepS);
  const samples = new Map<number, Sample>();
  for (let index = 0; index < count; index++) {
    if (index % Math.ceil(count / 9) < count / 60 && index > 0) continue;
    samples.set(last - (count - index) * stepS, sampleAt(index / count, stepS));
  }
  return samples;
}

export async function fillSamples({ daemon }: Stage["cloud"], server: string): Promise<void> {
  const { store, dependencies } = daemon();
  const now = dependencies.clock.now();
  const of = (step: Step, count: number) => new Map([[server, samplesOf(step, count, now)]]);
  await store.transaction(async (tx) => {
    await replaceSamples(tx, of(DAYS, 340), DAYS);
    await replaceSamples(tx, of(HOURS, 800), HOURS);
    await addSamples(tx, of(MINUTES, 1490), now);
    // They are of the same times: none is to be added up.
    await tx.updateTable("samples").set({ rolled_up: 1 }).where("step", "<", DAYS.stepS).execute();
  });
}
