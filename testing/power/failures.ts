/** The power fails, at one prefix of a recording after the other: what is left is judged. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seeded } from "../seeded.ts";
import { Disk, type Loss } from "./disk.ts";
import { judgeByDaemon, judgeFiles, type May } from "./judge.ts";
import type { Recording } from "./recording.ts";
import type { Event } from "./trace.ts";

export type FailuresOptions = {
  readonly seed: number;
  /** How often, of one, a prefix is judged with some of what was not synced; and by a daemon. */
  readonly torn: number;
  readonly daemons: number;
};

export type FailuresFigures = { prefixes: number; judged: number; daemons: number };

/** Errors: what was left at one of them is not what it should be; it says at which, and of what. */
export async function failAtEach(recording: Recording, options: FailuresOptions): Promise<FailuresFigures> {
  const { events, known, top } = recording;
  const chance = seeded(options.seed);
  const folder = await mkdtemp(join(tmpdir(), "lodge-power-"));
  const disk = new Disk(top);
  const figures = { prefixes: 0, judged: 0, daemons: 0 };
  let answers = 0;
  try {
    for (const event of events) {
      disk.apply(event);
      if (event.does === "answer") answers++;
      figures.prefixes++;
      const losses: Loss[] = [];
      // What is durable changes by syncs alone, and what has to be by answers that tell something.
      const tells = event.does === "answer" && known[answers] !== known[answers - 1];
      if (event.does === "sync" || tells) losses.push("nothing");
      if (chance() < options.torn) losses.push(chance);
      for (const loss of losses) {
        const byDaemon = chance() < options.daemons;
        await judged(recording, disk, { folder, loss, answers, byDaemon, seq: event.seq });
        figures.judged++;
        if (byDaemon) figures.daemons++;
      }
    }
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** How many events of a drive's files are told of one that is not as it should be. */
const TOLD_EVENTS = 20;

const told = (event: Event) => JSON.stringify({ ...event, bytes: undefined });

type Failure = {
  readonly folder: string;
  readonly loss: Loss;
  readonly answers: number;
  readonly byDaemon: boolean;
  readonly seq: number;
};

async function judged(recording: Recording, disk: Disk, failure: Failure): Promise<void> {
  const { folder, loss, answers, byDaemon, seq } = failure;
  const { known, events } = recording;
  const may = { before: known[answers], after: known[answers + 1] ?? known[answers] } as May;
  const left = join(folder, "left");
  await mkdir(left);
  try {
    disk.writeTo(left, loss);
    if (byDaemon) await judgeByDaemon(left, may, { NODE_COMPILE_CACHE: join(folder, "cache") });
    else judgeFiles(left, may, recording, answers);
  } catch (cause) {
    const { message } = cause as Error;
    const [uuid = ""] = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(message) ?? [];
    const past = events.filter((each) => each.seq <= seq).map(told);
    const ofFile = past.filter((text) => uuid !== "" && text.includes(uuid)).slice(-TOLD_EVENTS);
    const how = typeof loss === "string" ? `${loss} of` : "some of";
    const where = `after event ${past.at(-1)} and ${answers} answers`;
    const sentence = `with ${how} what was not synced, ${where}: ${message}`;
    throw new Error([sentence, ...ofFile].join("\n"), { cause });
  } finally {
    await rm(left, { recursive: true, force: true });
  }
}
