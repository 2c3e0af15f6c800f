/** For tests: processes in states that are seldom seen. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { confine } from "../src/host/process/process.ts";

const PYTHON = "/usr/bin/python3";

export type TestProcess = { readonly child: ChildProcess; readonly pid: number };

/**
 * A process whose main thread has ended (pthread_exit(3)) while another of its threads goes on, with `words` at the end of its
 * command line. Ended by its caller.
 */
export function withoutMainThread(netns: string | null, ...words: readonly string[]): Promise<TestProcess> {
  const program = `
import ctypes, threading, time
def go_on():
  while open("/proc/self/stat").read().rsplit(")")[1].split()[0] != "Z": time.sleep(0.001)
  print("ready", flush=True)
  time.sleep(1000)
threading.Thread(target=go_on).start()
ctypes.CDLL(None).pthread_exit(None)`;
  return started(confine({ uid: null, netns }, [PYTHON, "-c", program, ...words]));
}

/** A process that has ended, and that its parent (`child`) does not wait for. Its caller ends `child`. */
export async function zombie(): Promise<TestProcess> {
  const program = `
import os, time
ended = os.fork()
if ended == 0: os._exit(0)
os.waitid(os.P_PID, ended, os.WEXITED | os.WNOWAIT)
print(ended, flush=True)
time.sleep(1000)`;
  const { child, line } = await started([PYTHON, "-c", program]);
  return { child, pid: Number(line) };
}

/**
 * The first process of a namespace of process numbers, in which a child of `child` is, too, that nobody waits for: when
 * it is killed, it stays until `child` has ended (pid_namespaces(7)). Its caller ends `child`, and it. Needs root.
 */
export async function unkillable(): Promise<TestProcess> {
  const program = `
import ctypes, os, time
CLONE_NEWPID = 0x20000000
if ctypes.CDLL(None).unshare(CLONE_NEWPID) != 0: raise OSError()
def sleeper():
  pid = os.fork()
  if pid == 0: time.sleep(1000)
  return pid
first = sleeper()
sleeper()
print(first, flush=True)
time.sleep(1000)`;
  const { child, line } = await started([PYTHON, "-c", program]);
  return { child, pid: Number(line) };
}

/** Answers the first line that it prints as well. */
async function started([command = "", ...words]: readonly string[]): Promise<TestProcess & { line: string }> {
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"] });
  if (child.pid === undefined) throw (await once(child, "error"))[0];
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`${command} ended with ${code}`);
  });
  const [line] = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
  return { child, pid: child.pid, line };
}
