/** A server that was seen to run for a year, with a gap of each kind. */
import { addSamples, replaceSamples } from "../../src/samples/records.ts";
import { type Sample, sampleOf } from "../../src/samples/sample.ts";
import { DAYS, HOURS, MINUTES, type Step } from "../../src/samples/steps.ts";
import type { Stage } from "./stage.ts";

const MIB = 2 ** 20;

/** Rises and falls, so that a graph of it looks like one. */
const wave = (index: number, length: number) => (1 + Math.sin((index / length) * 2 * Math.PI)) / 2;

function sampleAt(index: number, seconds: number): Sample {
  const amounts: Sample = {
    seconds,
    cpuMhzS: Math.round((200 + 1500 * wave(index, 40)) * seconds),
    memMibS: Math.round((300 + 500 * wave(index, 90)) * seconds),
    rxBytes: Math.round(2 * MIB * wave(index, 25) * seconds),
    txBytes: Math.round(0.7 * MIB * wave(index + 8, 30) * seconds),
    readBytes: Math.round(0.4 * MIB * wave(index, 12) * seconds),
    readRequests: Math.round(20 * wave(index, 12) * seconds),
    writeBytes: Math.round(1.1 * MIB * wave(index, 17) * seconds),
    writeRequests: Math.round(55 * wave(index, 17) * seconds),
  };
  return sampleOf((name) => amounts[name]);
}

/** Samples of so many steps until now; in every ninth part of them but the last there is a gap. */
function samplesOf({ stepS }: Step, count: number, now: number): Map<number, Sample> {
  const last = now - (now % stepS);
  const samples = new Map<number, Sample>();
  for (let index = 0; index < count; index++) {
    if (index % Math.ceil(count / 9) < count / 60 && index > 0) continue;
    samples.set(last - (count - index) * stepS, sampleAt(index, stepS));
  }
  return samples;
}

export async function fillSamples({ daemon }: Stage["cloud"], server: string): Promise<void> {
  const { store, dependencies } = daemon();
  const now = dependencies.clock.now();
  const of = (step: Step, count: number) => new Map([[server, samplesOf(step, count, now)]]);
  await store.transaction(async (tx) => {
    await replaceSamples(tx, of(DAYS, 360), DAYS);
    await replaceSamples(tx, of(HOURS, 800), HOURS);
    await addSamples(tx, of(MINUTES, 1490));
    // They are of the same times: none is to be added up.
    await tx.updateTable("samples").set({ rolled_up: 1 }).where("step", "<", DAYS.stepS).execute();
  });
}
