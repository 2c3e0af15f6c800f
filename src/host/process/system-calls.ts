/**
 * The filter of system calls that everything in a sandbox runs under (seccomp(2)): a program of classic BPF, which the
 * sandboxer loads (bwrap(1), `--seccomp`). Whoever asks the kernel for what no process of ours ever does is ended: other
 * processes' memory, mounts, namespaces, modules, keys, tracing, new processes. QEMU's own filter (qemu(1), `-sandbox`)
 * comes on top, and leaves some of these open.
 *
 * What is denied is listed, and not what is allowed: what the C library and QEMU call changes with their releases.
 */
import { constants } from "node:os";
import {
  ALLOW,
  ARCHITECTURE_AT,
  ARGUMENT_AT,
  ERRNO,
  IF_ANY_BIT,
  IF_AT_LEAST,
  IF_EQUAL,
  KILL_PROCESS,
  LOAD,
  NUMBER_AT,
  programOf,
  RETURN,
  type Step,
} from "./bpf.ts";

/**
 * The families of sockets besides `AF_UNIX` that may be made: those of IP. By that of netlink(7) the C library asks which
 * addresses there are, and takes it that there are all where it may not; whoever else asks learns of routes and neighbours.
 */
export type Sockets = "unix" | "ip";

/** Of each call its number on x86_64 and on arm64 (asm/unistd.h); null where there is none. */
type Numbers = readonly [x64: number | null, arm64: number | null];

/** Ends the process. */
export const DENIED: Readonly<Record<string, Numbers>> = {
  // Other processes.
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  fork: [57, null],
  vfork: [58, null],
  // Views and namespaces.
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  unshare: [272, 97],
  setns: [308, 268],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  fanotify_init: [300, 262],
  // Large parts of the kernel that none of ours needs.
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // The machine.
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  syslog: [103, 116],
  vhangup: [153, 58],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  iopl: [172, null],
  ioperm: [173, null],
  modify_ldt: [154, null],
};

/**
 * Answered as by a kernel that does not have them: callers do without. What a `clone3` is for cannot be seen from here, the C
 * library takes `clone` then; QEMU takes epoll(7) for io_uring(7).
 */
export const ABSENT: Readonly<Record<string, Numbers>> = {
  clone3: [435, 435],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
};

/** Judged by what they are asked for. */
export const JUDGED = { clone: [56, 220], socket: [41, 198] } as const;

/** What a process of that architecture says of itself (linux/audit.h), and its column. */
const ARCHITECTURES = {
  x64: { audit: 0xc000003e, column: 0, isX32From: 0x40000000 },
  arm64: { audit: 0xc00000b7, column: 1, isX32From: null },
} as const;

const AF_UNIX = 1;
const AF_OF_IP = [2, 10];
const CLONE_THREAD = 0x00010000;
/** All flags of namespaces: CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET, TIME is no flag of clone(2). */
const CLONE_NAMESPACES = 0x7e020000;

/** Whether there is a filter for that kind of machine. */
export const hasFilter = (architecture: string = process.arch): architecture is keyof typeof ARCHITECTURES =>
  architecture in ARCHITECTURES;

/** The program that a sandbox runs under. */
export function filterOf(sockets: Sockets, architecture: string = process.arch): Buffer {
  if (!hasFilter(architecture)) throw new Error(`there is no filter of system calls for ${architecture}`);
  const { audit, column, isX32From } = ARCHITECTURES[architecture];
  const numbersOf = (calls: Readonly<Record<string, Numbers>>) =>
    Object.values(calls).flatMap((numbers) => numbers[column] ?? []);
  const answer = (numbers: readonly number[], value: number): Step[] =>
    numbers.flatMap((number): Step[] => [
      [IF_EQUAL, number, 0, 1],
      [RETURN, value],
    ]);
  const families = sockets === "ip" ? [AF_UNIX, ...AF_OF_IP] : [AF_UNIX];
  const steps: Step[] = [
    [LOAD, ARCHITECTURE_AT],
    [IF_EQUAL, audit, 1, 0],
    [RETURN, KILL_PROCESS],
    [LOAD, NUMBER_AT],
    ...(isX32From === null
      ? []
      : ([
          [IF_AT_LEAST, isX32From, 0, 1],
          [RETURN, KILL_PROCESS],
        ] as const)),
    ...answer(numbersOf(DENIED), KILL_PROCESS),
    ...answer(numbersOf(ABSENT), ERRNO | constants.errno.ENOSYS),
    [IF_EQUAL, JUDGED.clone[column], 0, 5],
    [LOAD, ARGUMENT_AT],
    [IF_ANY_BIT, CLONE_NAMESPACES, 1, 0],
    [IF_ANY_BIT, CLONE_THREAD, 1, 0],
    [RETURN, KILL_PROCESS],
    [RETURN, ALLOW],
    [IF_EQUAL, JUDGED.socket[column], 0, 2 + 2 * families.length],
    [LOAD, ARGUMENT_AT],
    ...answer(families, ALLOW),
    [RETURN, ERRNO | constants.errno.EAFNOSUPPORT],
    [RETURN, ALLOW],
  ];
  return programOf(steps);
}
