/** What the filter answers, call by call: each is made by a process of its own that has loaded it, with senseless arguments. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { run } from "./process.ts";
import { ABSENT, DENIED, filterOf, hasFilter, JUDGED, type Sockets } from "./system-calls.ts";

const CLONE_THREAD = 0x10000;
const CLONE_VM_AND_SIGHAND = 0x900;
const X32 = 0x40000000;
/** Takes "[name, number, arguments]..."; prints of each "ended" (SIGSYS), the name of the error, or "done". */
const CALLER = `
import ctypes, errno, json, os, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
steps = open(sys.argv[1], "rb").read()
class Program(ctypes.Structure): _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]
answers = {}
for name, number, arguments in json.loads(sys.argv[2]):
  pid = os.fork()
  if pid == 0:
    program = Program(len(steps) // 8, steps)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(program), 0, 0): os._exit(254)
    result = libc.syscall(*map(ctypes.c_long, [number, *arguments]))
    os._exit(ctypes.get_errno() if result == -1 else 0)
  status = os.waitpid(pid, 0)[1]
  if os.WIFSIGNALED(status): answers[name] = "ended" if os.WTERMSIG(status) == signal.SIGSYS else "lost"
  else: answers[name] = errno.errorcode.get(os.WEXITSTATUS(status), "done")
print(json.dumps(answers))`;

type Call = readonly [name: string, number: number, args: readonly number[]];

const none = hasFilter() ? false : "there is no filter for this kind of machine";
const column = process.arch === "arm64" ? 1 : 0;
const NOTHING = Array.from({ length: 6 }, () => -1);

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodge-filter-"));
});
after(() => rm(folder, { recursive: true }));

async function answers(sockets: Sockets, calls: readonly Call[]): Promise<Record<string, string>> {
  const file = join(folder, sockets);
  await writeFile(file, filterOf(sockets));
  return JSON.parse(await run(["/usr/bin/python3", "-c", CALLER, file, JSON.stringify(calls)]));
}

/** What a process in a sandbox may not have, whatever the filter lists: kept here, so that a row lost there is seen. */
const DANGEROUS = {
  ended: [
    ...["ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd"],
    ...[
      "mount",
      "umount2",
      "pivot_root",
      "chroot",
      "open_tree",
      "move_mount",
      "fsopen",
      "fsconfig",
      "fsmount",
    ],
    ...["fspick", "mount_setattr", "unshare", "setns", "name_to_handle_at", "open_by_handle_at"],
    ...["fanotify_init", "bpf", "perf_event_open", "userfaultfd", "add_key", "request_key", "keyctl"],
    ...["init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon"],
    ...["swapoff", "acct", "quotactl", "quotactl_fd", "syslog", "vhangup", "sethostname", "setdomainname"],
    ...["settimeofday", "clock_settime", "clock_adjtime", "adjtimex"],
  ],
  endedOnX64: ["fork", "vfork", "iopl", "ioperm", "modify_ldt"],
  absent: ["clone3", "io_uring_setup", "io_uring_enter", "io_uring_register"],
};

const callsOf = (table: typeof DENIED): Call[] =>
  Object.entries(table).flatMap(([name, numbers]) => {
    const number = numbers[column];
    return number === null ? [] : [[name, number, NOTHING] as const];
  });

const isEach = (found: Readonly<Record<string, string>>, answer: string) =>
  assert.deepEqual(
    Object.entries(found).filter(([, each]) => each !== answer),
    [],
  );

test("each call that is denied ends the process, and each that is absent is answered so", {
  skip: none,
}, async () => {
  const denied = await answers("unix", callsOf(DENIED));
  assert.ok(Object.keys(denied).length > 40);
  isEach(denied, "ended");
  isEach(await answers("unix", callsOf(ABSENT)), "ENOSYS");
});

test("none is missing of those that nothing in a sandbox may make", () => {
  assert.deepEqual(Object.keys(DENIED).sort(), [...DANGEROUS.ended, ...DANGEROUS.endedOnX64].sort());
  assert.deepEqual(Object.keys(ABSENT).sort(), DANGEROUS.absent.toSorted());
  const withoutNumber = Object.keys(DENIED).filter((name) => DENIED[name]?.includes(null));
  assert.deepEqual(withoutNumber.sort(), DANGEROUS.endedOnX64.toSorted());
});

test("a process makes threads, and neither processes nor namespaces", { skip: none }, async () => {
  const clone = JUDGED.clone[column];
  const found = await answers("unix", [
    // The kernel refuses a thread without a signal handler of its own and memory: so it got there.
    ["a thread", clone, [CLONE_THREAD, 0, 0, 0, 0, 0]],
    ["a process", clone, [17, 0, 0, 0, 0, 0]],
    ["a process with our memory", clone, [CLONE_VM_AND_SIGHAND, 0, 0, 0, 0, 0]],
    ["a namespace", clone, [CLONE_THREAD | 0x10000000, 0, 0, 0, 0, 0]],
  ]);
  const ended = { "a process": "ended", "a process with our memory": "ended", "a namespace": "ended" };
  assert.deepEqual(found, { "a thread": "EINVAL", ...ended });
});

test("of sockets there are those of the machine alone, and those of IP for who needs them", {
  skip: none,
}, async () => {
  const socket = JUDGED.socket[column];
  const families = { unix: 1, ip4: 2, ip6: 10, netlink: 16, packet: 17, alg: 38, vsock: 40 };
  const calls = Object.entries(families).map(([name, family]) => [name, socket, [family, 3, 0]] as const);
  const refused = "EAFNOSUPPORT";
  const { unix, ...others } = await answers("unix", calls);
  assert.notEqual(unix, refused);
  isEach(others, refused);
  const found = Object.entries(await answers("ip", calls));
  const open = found.flatMap(([name, answer]) => (answer === refused ? [] : [name]));
  assert.deepEqual(open, ["unix", "ip4", "ip6"]);
});

test("calls by the numbers of another kind of program end the process", {
  skip: process.arch === "x64" ? false : "only x86_64 has others",
}, async () => {
  assert.deepEqual(
    await answers("unix", [
      ["getpid", X32 | 39, []],
      ["ours", 39, []],
    ]),
    { getpid: "ended", ours: "done" },
  );
});

test("the numbers are those of the kernel", async (t) => {
  const files = ["x86_64-linux-gnu/asm/unistd_64.h", "asm-generic/unistd.h"];
  const texts = await Promise.all(
    files.map((file) => readFile(`/usr/include/${file}`, "utf8").catch(() => null)),
  );
  for (const [place, text] of texts.entries()) {
    if (text === null) continue;
    const numbers = new Map(
      [...text.matchAll(/^#define __NR_(\w+)\s+(\d+)$/gm)].map(([, name, number]) => [name, Number(number)]),
    );
    for (const [name, all] of Object.entries({ ...DENIED, ...ABSENT, ...JUDGED })) {
      assert.equal(all[place], numbers.get(name) ?? null, `${name} in ${files[place]}`);
    }
  }
  if (texts.every((text) => text === null)) t.skip("the kernel's headers are not installed");
});
