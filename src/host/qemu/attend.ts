/**
 * Attending a server's QEMU over QMP: its state as its events tell it, its counters, and its end, however that comes
 * about. The same for one that was just launched and one that an earlier daemon left.
 */

import { withinOr } from "../../base/deadline.ts";
import { failed } from "../../base/errors.ts";
import type { RunState, ServerCounters } from "../host.ts";
import { endProcess, type ProcessIdentity } from "../process/process.ts";
import type { NbdAddress } from "../wire/nbd.ts";
import { ConnectionLost, type Qmp, QmpError, type QmpEvent } from "../wire/qmp.ts";
import { type BlockStats, deviceCounters, nicCounters, noCounters, readNetDev } from "./counters.ts";
import { driveExports } from "./drive-exports.ts";
import { heldWrites } from "./held-writes.ts";
import { type RunDirectory, type ServerRecord, writeCounters } from "./run-directory.ts";
import { runStateOf, STATE_EVENTS } from "./run-state.ts";

export type Attended = {
  readonly record: ServerRecord;
  readonly qmp: Qmp;
  /** As far as its events have told; `paused` until the first of them, or `refresh`. */
  readonly state: () => RunState;
  /** Asks QEMU for its state now. */
  refresh(): Promise<void>;
  /** Lets the vCPUs of a new server run, which has counted nothing until now. */
  begin(): Promise<void>;
  /**
   * What it counts now, or a moment ago: who asks meanwhile gets the same answer. A QEMU that hangs is answered for by
   * its last counters.
   */
  counters(): Promise<ServerCounters>;
  /** The last counters that are known. */
  readonly lastCounters: () => ServerCounters;
  /** QMP `system_reset`; what held the vCPUs before holds them no more. */
  reset(): Promise<void>;
  /** Where the drive of the record is exported, read-only; from the first time this is asked until the end. */
  exportOf(drive: string): Promise<NbdAddress>;
  /** Ends the QEMU; settles when its process is gone. */
  end(): Promise<void>;
  /** Settles when its process is gone, whoever ended it. */
  readonly gone: Promise<void>;
  /** Lets go of it: it runs on, unattended. */
  leave(): void;
};

export type Attendance = {
  readonly record: ServerRecord;
  readonly directory: RunDirectory;
  readonly identity: ProcessIdentity;
  /** A folder on the disk that the drives are on. */
  readonly disk: string;
  readonly connect: (onEvent: (event: QmpEvent) => void) => Promise<Qmp>;
  /** The last counters that an earlier daemon knew. */
  readonly counters: ServerCounters | null;
  readonly onState: (state: RunState) => void;
  /** Told what went wrong where nobody waits for it. */
  readonly onError: (error: unknown) => void;
};

/** How often counters are kept, so that the death of a QEMU loses no more than that. */
const KEEP_COUNTERS_MS = 10_000;
/** How long a QEMU may take to write out what its drives still hold and go, until it is killed. */
const END_MS = 5_000;
/** How long a QEMU may take to tell its counters, until the last that are known are taken for them. */
const TELL_MS = 1_000;
/** How old counters may be: asking costs a guest more than telling it costs us, and callers poll. */
const FRESH_MS = 25;

/**
 * Connects to the server's QEMU and attends it. Errors: it does not answer; it is then as it was.
 */
export async function attend(attendance: Attendance): Promise<Attended> {
  const { record, directory, identity, onError } = attendance;
  const deviceIds = record.devices.map(({ id }) => id);
  let state: RunState = "paused";
  let last = attendance.counters ?? noCounters(deviceIds.length);
  let lastAtMs = Number.NEGATIVE_INFINITY;
  let asking: Promise<ServerCounters> | null = null;
  let ending: Promise<void> | null = null;
  let left = false;
  let onReset = () => {};

  /** For what nobody waits for: that QEMU has gone meanwhile is told by `gone`. */
  const unattended = (work: Promise<unknown>) =>
    work.catch((error: unknown) => {
      if (!(error instanceof ConnectionLost)) onError(error);
    });

  const qmp = await attendance.connect(({ event, data }) => {
    if (event === "RESET") onReset();
    if (STATE_EVENTS.has(event)) void unattended(refresh());
    if (event === "SHUTDOWN" && data.guest === true) void unattended(end());
  });
  const exportNode = driveExports(qmp, directory.sockets.nbd);
  const held = heldWrites(attendance.disk, () => qmp.execute("cont"), unattended);
  const timer = setInterval(() => void unattended(keepCounters()), KEEP_COUNTERS_MS);
  timer.unref();

  const gone = new Promise<void>((resolve, reject) => {
    void qmp.closed.then(() => {
      clearInterval(timer);
      held.areDone();
      if (!left) endProcess(identity, "SIGTERM", END_MS).then(resolve, reject);
    });
  });

  async function refresh(): Promise<void> {
    const { status } = await qmp.execute<{ status: string }>("query-status");
    // A guest that shut itself down while no daemon was there to see it.
    if (status === "shutdown") void unattended(end());
    if (status === "io-error") held.wait();
    else held.areDone();
    become(runStateOf(status, state));
  }

  async function begin(): Promise<void> {
    lastAtMs = performance.now();
    await resume();
  }

  async function resume(): Promise<void> {
    await qmp.execute("cont");
    become("active");
  }

  function become(now: RunState): void {
    if (now === state) return;
    state = now;
    attendance.onState(now);
  }

  async function counters(): Promise<ServerCounters> {
    return performance.now() - lastAtMs < FRESH_MS ? last : newCounters();
  }

  function newCounters(): Promise<ServerCounters> {
    asking ??= ask()
      .catch((error: unknown) => {
        if (error instanceof QmpError) throw error;
        // It has just gone, or is going: what it counted last stands until its end is settled.
        return last;
      })
      .finally(() => {
        asking = null;
      });
    return withinOr(TELL_MS, asking, () => last);
  }

  async function ask(): Promise<ServerCounters> {
    const [stats, netDev] = await Promise.all([
      qmp.execute<BlockStats[]>("query-blockstats"),
      record.taps.length === 0 ? "" : readNetDev(identity.pid),
    ]);
    last = { ...nicCounters(netDev, record.taps), devices: deviceCounters(stats, deviceIds) };
    lastAtMs = performance.now();
    return last;
  }

  const keepCounters = async () => writeCounters(directory, await counters());

  function end(): Promise<void> {
    ending ??= (async () => {
      // Its last counters, if it can still tell them; the process is ended in any case.
      await newCounters().catch(() => last);
      await endProcess(identity, "SIGTERM", END_MS);
      await gone;
    })();
    return ending;
  }

  async function reset(): Promise<void> {
    const held = state !== "active";
    const done = new Promise<void>((resolve) => {
      onReset = resolve;
    });
    await qmp.execute("system_reset");
    if (!held) return;
    await Promise.race([done, qmp.closed]);
    await resume();
  }

  async function exportOf(drive: string): Promise<NbdAddress> {
    const device = record.devices.find((each) => each.drive === drive);
    if (device === undefined) throw failed(`server ${record.uuid} has no drive ${drive}`);
    return exportNode(device.node);
  }

  function leave(): void {
    left = true;
    qmp.close();
  }

  return {
    ...{ record, qmp, gone },
    ...{ state: () => state, lastCounters: () => last },
    ...{ refresh, begin, counters, reset, exportOf, end, leave },
  };
}
