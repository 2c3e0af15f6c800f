/**
 * Leases: one process at a time works on an image. It says in the image's row who it is and until when, and renews that
 * while it works. One that has died is taken over: at once where its death can be seen, else when its lease has ended.
 */
import { randomUUID } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
import { z } from "zod";
import { LodgeError } from "../base/errors.ts";
import { identify, isRunning, type ProcessIdentity } from "../host/process/process.ts";

/** How long a lease holds that is not renewed: what a takeover from another machine waits at most. */
export const LEASE_MS = 30_000;
const RENEW_EVERY_MS = LEASE_MS / 3;

export const ownerSchema = z.object({
  /** Random: one piece of work, told apart from all others. */
  id: z.string(),
  /** Where process numbers mean something: a boot of a machine, and a namespace of process numbers in it. */
  machine: z.string(),
  pid: z.int(),
  startTicks: z.int(),
  /** In milliseconds since 1970. */
  leaseUntilMs: z.number(),
});

export type Owner = z.infer<typeof ownerSchema>;

/** The process that asks, and what it knows of others. */
export type Here = ProcessIdentity & {
  readonly machine: string;
  readonly isRunning: (other: ProcessIdentity) => Promise<boolean>;
  /** In milliseconds since 1970. */
  readonly nowMs: () => number;
};

/** This process. */
export async function here(): Promise<Here> {
  const [self, boot, processes] = await Promise.all([
    identify(process.pid),
    readFile("/proc/sys/kernel/random/boot_id", "utf8"),
    readlink("/proc/self/ns/pid"),
  ]);
  if (self === null) throw new Error("/proc does not tell of this process");
  return { ...self, machine: `${boot.trim()} ${processes}`, isRunning, nowMs: Date.now };
}

/** A lease for a new piece of work of this process. */
export function newLease({ machine, pid, startTicks, nowMs }: Here): Owner {
  return { id: randomUUID(), machine, pid, startTicks, leaseUntilMs: nowMs() + LEASE_MS };
}

/**
 * Whether the owner may still be at work. One on this machine is as long as its process runs, also past its lease: it
 * may only have been stopped, and still has the image's file open.
 */
export async function isHeld(owner: Owner, { machine, isRunning, nowMs }: Here): Promise<boolean> {
  return owner.machine === machine ? isRunning(owner) : nowMs() < owner.leaseUntilMs;
}

/**
 * Does `work` while it renews a lease. The signal aborts when the lease is lost, with the error that says so.
 *
 * @param renew renews it. Errors: a `LodgeError` when it is lost; any other is tried again until the lease has ended.
 *
 * Errors: those of `work`.
 */
export async function whileRenewing<T>(
  renew: () => Promise<void>,
  work: (signal: AbortSignal) => Promise<T>,
  everyMs = RENEW_EVERY_MS,
): Promise<T> {
  const lost = new AbortController();
  let heldUntilMs = performance.now() + LEASE_MS;
  let renewing = Promise.resolve();
  const renewOnce = async () => {
    const startedMs = performance.now();
    try {
      await renew();
      heldUntilMs = startedMs + LEASE_MS;
    } catch (error) {
      if (error instanceof LodgeError || performance.now() > heldUntilMs) lost.abort(error);
    }
  };
  const timer = setInterval(() => {
    renewing = renewing.then(renewOnce);
  }, everyMs);
  try {
    return await work(lost.signal);
  } finally {
    clearInterval(timer);
    await renewing;
  }
}
