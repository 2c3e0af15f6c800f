/** What the kernel says of processes (proc(5)), for tests of how they are confined. */
import { readdir, readFile, readlink } from "node:fs/promises";

/** The sandboxer, whose command line has the words of what it runs. */
const isSandboxer = (words: readonly string[]) => words[0]?.endsWith("/bwrap") === true;

/** The processes whose command line has this word, by number, without sandboxers; one that ends meanwhile is none. */
export async function processesWith(word: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const words = (await readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "")).split("\0");
    if (words.includes(word) && !isSandboxer(words)) found.push(Number(entry));
  }
  return found;
}

/** The process of a server's QEMU, found as an administrator would: by the uuid in its arguments. */
export async function qemuPid(server: string): Promise<number> {
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const words = await readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "");
    const isQemu = words.includes("qemu-system") && !isSandboxer(words.split("\0"));
    if (isQemu && words.includes(server)) return Number(entry);
  }
  throw new Error(`server ${server} has no QEMU`);
}

/** The fields of `/proc/PID/status`, each as its text. */
export async function statusOf(pid: number): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(`/proc/${pid}/status`, "utf8");
  return new Map(
    text
      .trimEnd()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
  );
}

/** The command line and the environment of a process, as one text. */
export async function wordsOf(pid: number): Promise<string> {
  const files = ["cmdline", "environ"].map((name) => readFile(`/proc/${pid}/${name}`, "utf8"));
  return (await Promise.all(files)).join("\n").replaceAll("\0", "\n");
}

/** How the process has each of the paths open that it has open: to read, to write, or both. */
export async function openModes(pid: number): Promise<ReadonlyMap<string, "r" | "w" | "rw">> {
  const modes = new Map<string, "r" | "w" | "rw">();
  for (const fd of await readdir(`/proc/${pid}/fd`)) {
    const path = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "");
    const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, "utf8").catch(() => "");
    const flags = Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? "0", 8);
    if (path.startsWith("/")) modes.set(path, (["r", "w", "rw"] as const)[flags & 3] ?? "rw");
  }
  return modes;
}

/** The paths that the process has open. */
export async function openFiles(pid: number): Promise<string[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const paths = descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => ""));
  return (await Promise.all(paths)).filter((path) => path.startsWith("/"));
}

/** In `/proc/PID/stat`, behind the name of the program, and in clock ticks of a hundredth of a second each. */
const TIMES = { first: 11, last: 14 };
const TICK_MS = 10;

/** The processor time that the process has taken, and its children that have ended, in milliseconds. */
export async function processorMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const times = fields.slice(TIMES.first, TIMES.last + 1);
  return TICK_MS * times.reduce((sum, ticks) => sum + Number(ticks), 0);
}
