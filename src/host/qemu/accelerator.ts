/**
 * Whether guests run under KVM. That is found out by booting one: on some machines the device is there, opens, even runs a
 * BIOS, and guests break down where their boot loader changes modes.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { release } from "node:os";
import { z } from "zod";
import { replaceFile } from "../../base/atomic-file.ts";
import { readJsonFile } from "../../base/json-file.ts";
import { confine } from "../process/process.ts";
import { ProgramMissing, programPath } from "../process/programs.ts";
import { unnamedFile } from "../process/unnamed-file.ts";
import { bootDisk, HALT, inProtectedMode, outByte } from "./boot-sector.ts";
import { type Accelerator, CPU_MODEL } from "./command-line.ts";
import { firstComplaint } from "./complaint.ts";

export type Acceleration = {
  readonly accelerator: Accelerator;
  /** Why, as a sentence for who runs the machine. */
  readonly reason: string;
};

export type ProbeOptions = {
  /** QEMU's name or path. */
  readonly program: string;
  /** The uid that guests run as: what it may not open, they cannot use. */
  readonly uid: number | null;
  /** A file that keeps the result for as long as the kernel, the device and the uid are the same. */
  readonly cacheFile: string;
};

const KVM = "/dev/kvm";
const DEADLINE_MS = 2_000;

/** What the guest says on the debug port, and how it leaves: QEMU's exit code is twice the value and one. */
const WORD = "L";
const EXIT_VALUE = 0x31;
const EXIT_CODE = 2 * EXIT_VALUE + 1;
const GUEST = bootDisk(
  inProtectedMode([...outByte(0xe9, WORD.charCodeAt(0)), ...outByte(0xf4, EXIT_VALUE), ...HALT]),
);

/** The accelerator of this machine, from the cache where nothing has changed that it hangs on. */
export async function findAccelerator(options: ProbeOptions): Promise<Acceleration> {
  const device = await stat(KVM).catch(() => null);
  if (device === null) return { accelerator: "tcg", reason: `there is no ${KVM}` };
  const { mode, uid, gid, rdev } = device;
  const circumstances = [release(), mode, uid, gid, rdev, options.uid ?? process.getuid?.()].join(" ");
  const cached = readCache(options.cacheFile);
  if (cached?.circumstances === circumstances) return cached.acceleration;
  const missing = whyMissing(options.program);
  // Not kept: it can be installed at any time.
  if (missing !== null) return { accelerator: "tcg", reason: missing };
  const failure = await bootFailure("kvm", options, DEADLINE_MS);
  const acceleration: Acceleration =
    failure === null
      ? { accelerator: "kvm", reason: "a guest booted under KVM" }
      : { accelerator: "tcg", reason: `a guest did not boot under KVM: ${failure}` };
  const text = `${JSON.stringify({ circumstances, acceleration })}\n`;
  // Where it cannot be kept, it is found out anew by the next start.
  await replaceFile(options.cacheFile, text, { mode: 0o644 }).catch(() => {});
  return acceleration;
}

/** Null where the program is there. */
function whyMissing(program: string): string | null {
  try {
    programPath(program);
    return null;
  } catch (error) {
    if (error instanceof ProgramMissing) return error.message;
    throw error;
  }
}

/** The group that QEMU must be in to use KVM under another uid, null where it needs none. */
export async function kvmGroup(): Promise<number | null> {
  const device = await stat(KVM).catch(() => null);
  if (device === null) return null;
  const forGroup = (device.mode & 0o060) === 0o060;
  const forAll = (device.mode & 0o006) === 0o006;
  return forGroup && !forAll ? device.gid : null;
}

/** Boots a guest that says a word and leaves. Answers null when it did, else what went wrong. */
export async function bootFailure(
  accelerator: Accelerator,
  { program, uid }: Pick<ProbeOptions, "program" | "uid">,
  deadlineMs: number,
): Promise<string | null> {
  const group = accelerator === "kvm" ? await kvmGroup() : null;
  const disk = await unnamedFile(GUEST, uid);
  try {
    const [command = "", ...words] = confine({ uid, netns: null, group }, [
      program,
      ...["-nodefaults", "-no-user-config", "-display", "none", "-m", "16"],
      ...["-machine", `pc,accel=${accelerator}`, "-cpu", CPU_MODEL[accelerator]],
      ...["-blockdev", JSON.stringify({ driver: "raw", "node-name": "d", "read-only": true, file: DISK })],
      ...["-device", JSON.stringify({ driver: "virtio-blk-pci", drive: "d", bootindex: 0 })],
      ...["-debugcon", "stdio"],
      ...["-device", JSON.stringify({ driver: "isa-debug-exit", iobase: 0xf4, iosize: 1 })],
    ]);
    const child = spawn(command, words, {
      stdio: ["ignore", "pipe", "pipe", disk.fd],
      timeout: deadlineMs,
      killSignal: "SIGKILL",
    });
    let said = "";
    let complaint = "";
    child.stdout?.setEncoding("latin1").on("data", (text: string) => {
      said += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
    });
    const [code] = (await once(child, "close")) as [number | null];
    if (code === EXIT_CODE && said === WORD) return null;
    return firstComplaint(complaint) ?? `it did not get there within ${deadlineMs} ms`;
  } finally {
    await disk.close();
  }
}

/** The disk as the guest's QEMU inherits it. */
const DISK = { driver: "file", filename: "/dev/fd/3" };

const CACHE = z.object({
  circumstances: z.string(),
  acceleration: z.object({ accelerator: z.enum(["kvm", "tcg"]), reason: z.string() }),
});

/** Null where there is none yet, or one that cannot be read: it is made anew. */
function readCache(file: string): z.infer<typeof CACHE> | null {
  try {
    return readJsonFile(file, CACHE);
  } catch {
    return null;
  }
}
