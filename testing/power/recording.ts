/** A recording: a cloud of a home of its own does a script, and every write and sync of it and of its processes is noted. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cloud } from "../cloud.ts";
import { until } from "../until.ts";
import { type Known, play } from "./script.ts";
import { type Event, TRACED, Trace } from "./trace.ts";

export type Recording = {
  /** The folder in which the home was. */
  readonly top: string;
  readonly events: readonly Event[];
  /** What there is after so many answers. */
  readonly known: readonly Known[];
  /** Files of the home that stay as they are once anything was answered. */
  readonly kept: ReadonlyMap<string, string>;
};

/** The home's own name in the folder. */
export const HOME = "home";

const DRIVES = `/${HOME}/drives`;

const KEPT = ["identity.json", "master.key", "env"];

/** What writes without a system call would not be seen. */
export const ENV = { UV_USE_IO_URING: "0" };

/** Words in front of those of a program, which is recorded in the file `trace` then. */
export const strace = (trace: string): readonly string[] => {
  const words = ["-D", "-f", "-qq", "-y", "-xx", "-s", String(2 ** 22), "-e", `trace=${TRACED}`];
  return ["strace", ...words, "--seccomp-bpf", "-e", "signal=none", "-o", trace];
};

/** What was done below the folder `top`, once the program has ended. */
export async function eventsIn(trace: string, top: string): Promise<readonly Event[]> {
  await ended(trace);
  return new Trace(await readFile(trace, "latin1"), top).events;
}

/** @param withServers the script has servers that run, too */
export async function record(withServers: boolean): Promise<Recording> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-power-"));
  const top = join(folder, "disk");
  const trace = join(folder, "trace");
  const env = { NODE_COMPILE_CACHE: join(folder, "cache"), ...ENV };
  const cloud = new Cloud(join(top, HOME), env, (command) => [...strace(trace), ...command]);
  try {
    await cloud.start();
    const known = await play(cloud, withServers);
    const texts = KEPT.map(async (name) => [name, await readFile(join(top, HOME, name), "utf8")] as const);
    const kept = new Map(await Promise.all(texts));
    await cloud.stop();
    const events = await eventsIn(trace, top);
    const answers = events.filter(({ does }) => does === "answer").length;
    if (answers !== known.length - 1) throw new Error(`${answers} answers recorded of ${known.length - 1}`);
    return lookedAtMore({ top, events, known, kept });
  } finally {
    await cloud.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The recording as it would be had somebody looked after each sync of the folder of drives while one is imaged, and been told
 * that it still is: it is recorded as done after its file has come to its place, and whether the script looks in between is
 * chance.
 */
function lookedAtMore(recording: Recording): Recording {
  const known = recording.known.slice(0, 1);
  const events: Event[] = [];
  let answers = 0;
  for (const event of recording.events) {
    events.push(event);
    if (event.does === "answer") known.push(recording.known[++answers] as Known);
    const last = known.at(-1) as Known;
    const isImaged = [...last.drives.values()].some(({ becoming }) => becoming !== undefined);
    if (event.does !== "sync" || !event.path.endsWith(DRIVES) || !isImaged) continue;
    events.push({ seq: event.seq, does: "answer", status: 200 });
    known.push(last);
  }
  return { ...recording, events, known };
}

/** Waits until strace, which outlives what it traces by a moment, has written all down. */
async function ended(trace: string): Promise<void> {
  let size = -1;
  await until("the trace is whole", async () => {
    const { length } = await readFile(trace);
    const isSame = length === size;
    size = length;
    return isSame || null;
  });
}
