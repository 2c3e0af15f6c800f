/**
 * The network namespace of a cloud: made, found again, worked in and removed. A name may be dead, an empty file left
 * by a mount that is gone (`ip netns add` run inside another's mounts, a crash in between): it is made anew.
 */
import { existsSync } from "node:fs";
import { rm, stat, statfs } from "node:fs/promises";
import { processIds } from "../process/find.ts";
import { confine, run, runningThreads } from "../process/process.ts";

/** The file system of namespaces, `NSFS_MAGIC` in linux/magic.h. */
const NSFS = 0x6e736673;

/** Where namespaces have their names (ip-netns(8)). */
export const NAMESPACES = "/run/netns";

/** A network device, as `ip -json link show` tells it. */
export type Link = {
  readonly ifname: string;
  readonly master?: string;
  readonly flags: readonly string[];
};

/** What `nft -j list counters` tells. */
type Counted = {
  readonly nftables: readonly { readonly counter?: { readonly name: string; readonly bytes: number } }[];
};

export type Namespace = {
  readonly name: string;
  /** Runs `ip -batch`: all the lines in one process; the first that fails ends it. */
  ip(lines: readonly string[]): Promise<void>;
  /** The same, but the lines behind one that fails are run all the same. Answers the error, null without one. */
  ipEach(lines: readonly string[]): Promise<Error | null>;
  /** What `ip -json` answers to the words. */
  ask<T>(words: string): Promise<T>;
  /** Runs an nft script as one transaction. */
  nft(script: string): Promise<void>;
  /** What nft lists under these words; nothing where that is not there. */
  list(words: string): Promise<string>;
  /** The bytes of the table's counters (of family `ip`), by their names; none where there is no such table. */
  counters(table: string, deadlineMs?: number): Promise<ReadonlyMap<string, number>>;
  /** Sets kernel settings (paths below /proc/sys/net), all to one value. */
  set(value: string, settings: readonly string[]): Promise<void>;
};

/** Whether the namespace is there and can be entered. */
export async function isAlive(name: string): Promise<boolean> {
  const system = await statfs(file(name)).catch(() => null);
  return system?.type === NSFS;
}

/** Makes the namespace; a dead one of that name gives way. */
export async function makeNamespace(name: string): Promise<void> {
  await rm(file(name), { force: true });
  await run(["ip", "netns", "add", name]);
}

/** Removes the namespace and with it all that is in it, processes apart. Does nothing when there is none. */
export async function removeNamespace(name: string): Promise<void> {
  if (await isAlive(name)) await run(["ip", "netns", "delete", name]);
  else await rm(file(name), { force: true });
}

/** The processes that are in it, those among them whose main thread has ended, which `ip netns pids` does not see. */
export async function inhabitants(name: string): Promise<number[]> {
  const namespace = await stat(file(name));
  const isIn = async (folder: string) =>
    (await stat(`${folder}/ns/net`).catch(() => null))?.ino === namespace.ino;
  const inside = await Promise.all(
    (await processIds()).map(async (pid) => {
      if (await isIn(`/proc/${pid}`)) return [pid];
      const [thread] = await runningThreads(pid);
      if (thread === undefined || thread === pid) return [];
      return (await isIn(`/proc/${pid}/task/${thread}`)) ? [pid] : [];
    }),
  );
  return inside.flat();
}

export function inNamespace(name: string): Namespace {
  const inside = (...command: string[]) => confine({ uid: null, netns: name }, command);
  return {
    name,
    async ip(lines) {
      if (lines.length > 0) await run(["ip", "-n", name, "-batch", "-"], `${lines.join("\n")}\n`);
    },
    async ipEach(lines) {
      if (lines.length === 0) return null;
      const batch = run(["ip", "-n", name, "-force", "-batch", "-"], `${lines.join("\n")}\n`);
      return batch.then(
        () => null,
        (error: Error) => error,
      );
    },
    ask: async <T>(words: string) =>
      JSON.parse((await run(["ip", "-n", name, "-json", ...words.split(" ")])) || "[]") as T,
    async nft(script) {
      await run(inside("nft", "-f", "-"), script);
    },
    async list(words) {
      return run(inside("nft", "-s", "list", ...words.split(" "))).catch(missing);
    },
    async counters(table, deadlineMs) {
      const command = inside("nft", "-j", "list", "counters", "table", "ip", table);
      const listed = await run(command, "", deadlineMs === undefined ? {} : { deadlineMs }).catch(missing);
      const { nftables } = JSON.parse(listed || '{ "nftables": [] }') as Counted;
      return new Map(
        nftables.flatMap(({ counter }) => (counter === undefined ? [] : [[counter.name, counter.bytes]])),
      );
    },
    async set(value, settings) {
      // `tee` writes one value to any number of files, and sees the settings of the namespace that it runs in.
      await run(inside("tee", ...settings.map((setting) => `/proc/sys/net/${setting}`)), value);
    },
  };
}

/** What nft lists of what is not there. Errors: what else it says. */
export function missing(error: Error): string {
  if (error.message.includes("No such file or directory")) return "";
  throw error;
}

/** Whether the kernel knows the setting at all: parts of it may be left out or not be loaded. */
export function isSetting(setting: string): boolean {
  return existsSync(`/proc/sys/net/${setting}`);
}

function file(name: string): string {
  return `${NAMESPACES}/${name}`;
}
