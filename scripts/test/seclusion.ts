/**
 * A machine within the machine for the tests: processes, networks and `/run` of its own. What tests do to them touches
 * nothing of the machine's, what they leave behind is found exactly, and all of it ends with its first process.
 */
import { spawnSync } from "node:child_process";

const NAMESPACES = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"];

/**
 * The first process: a shell, since the first process of a machine must take leave of orphans that ended, and Node
 * does not. The machine leads no packets on, whatever the real one does, whose settings it begins with.
 */
const FIRST_PROCESS = [
  "sh",
  "-c",
  'mount -t tmpfs -o mode=755 tmpfs /run && ip link set lo up && echo 0 > /proc/sys/net/ipv4/ip_forward || exit 1; "$@"; exit $?',
  "sh",
];

/** The variable that says within that it is a machine of its own. */
const SIGN = ["env", "LODGE_TEST_SECLUDED=1"];

/** Whether this process is in such a machine. */
export const isSecluded = (): boolean => process.env.LODGE_TEST_SECLUDED === "1";

/** What stands before a command to run it so; nothing, with a word about it, for who may not do that. */
export function seclusion(): readonly string[] {
  const enter = [...NAMESPACES, ...FIRST_PROCESS, ...SIGN];
  if (process.getuid?.() === 0) {
    const [program = "", ...args] = [...enter, "true"];
    if (spawnSync(program, args).status === 0) return enter;
  }
  console.log("The tests run without namespaces of their own, which only root can make.");
  return [];
}
