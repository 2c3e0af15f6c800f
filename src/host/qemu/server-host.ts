/**
 * The servers of this host: one QEMU each, which outlives the daemon. The table here says what runs; it is made anew, at
 * every start, from the processes and run directories that are there, and follows QEMU's own events from then on.
 */
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { failed } from "../../base/errors.ts";
import { KeyedLock } from "../../base/keyed-lock.ts";
import type { HeldBy } from "../attachment.ts";
import type { Instance, RunState, ServerEvent, ServerHost } from "../host.ts";
import { endProcess, isRunning, type ProcessIdentity } from "../process/process.ts";
import { connectQmp } from "../wire/qmp.ts";
import { type Attended, attend } from "./attend.ts";
import { noCounters } from "./counters.ts";
import { serverProcesses } from "./processes.ts";
import { readCounters, readRecord, runDirectory, serversWithDirectory } from "./run-directory.ts";
import { clearServer, type Ears, type Parts, startServer } from "./start-server.ts";
import { closeScreen, openScreen } from "./vnc/vnc.ts";

export type ServerHostOptions = Parts & {
  /** Told what went wrong where nobody waits for it; nothing that matters to a server's user. */
  readonly onError: (error: unknown) => void;
};

export type QemuServerHost = ServerHost & {
  /** For whoever reads drives: where a server that runs, or is being launched, exports one. */
  readonly heldBy: HeldBy;
  /** Lets go of all servers; they run on. */
  close(): void;
};

/** A server in the table, from before its drives are attached until all that it had is cleared. */
type Entry = {
  /** Drives that its QEMU opens itself. */
  readonly holds: ReadonlySet<string>;
  /** Its QEMU; rejected when the launch failed. */
  readonly ready: Promise<Attended>;
  /** Its QEMU once its vCPUs run: from then on it is one of those that run here. */
  running: Attended | null;
  /** Its process has gone, and it is to be cleared. */
  gone: boolean;
};

/** Finds again what an earlier daemon left: what runs is attended, what does not is cleared and told as gone. */
export async function openServerHost(options: ServerHostOptions): Promise<QemuServerHost> {
  const { home, servers, network, drives, quota, onError } = options;
  const locks = new KeyedLock();
  const entries = new Map<string, Entry>();
  const listeners = new Set<(event: ServerEvent) => void>();
  /** What happened before anybody listened. */
  const untold: ServerEvent[] = [];

  function tell(event: ServerEvent): void {
    untold.push(event);
    deliver();
  }

  function deliver(): void {
    if (listeners.size === 0) return;
    for (const event of untold.splice(0)) for (const listener of listeners) listener(event);
  }

  const directoryOf = (uuid: string) => runDirectory(servers, uuid);

  const ears = (uuid: string): Ears => ({
    onError,
    onState(state: RunState) {
      if (entries.get(uuid)?.running) tell({ kind: "state", uuid, state });
    },
  });

  function add(uuid: string, holds: ReadonlySet<string>, ready: Promise<Attended>): Entry {
    const entry: Entry = { holds, ready, running: null, gone: false };
    entries.set(uuid, entry);
    return entry;
  }

  function run(uuid: string, entry: Entry, attended: Attended): void {
    entry.running = attended;
    attended.gone
      .then(() => {
        entry.gone = true;
        return locks.run(uuid, () => settle(uuid, entry));
      })
      .catch(onError);
  }

  /** In its turn: clears a server whose process is gone, and tells so. Done once, by whoever comes first. */
  async function settle(uuid: string, entry: Entry): Promise<void> {
    if (entries.get(uuid) !== entry) return;
    await clearServer(uuid, directoryOf(uuid), options, onError);
    entries.delete(uuid);
    if (entry.running !== null) tell({ kind: "gone", uuid, counters: entry.running.lastCounters() });
  }

  function present(uuid: string): Attended {
    const running = entries.get(uuid)?.running;
    if (!running) throw failed(`server ${uuid} does not run here`);
    return running;
  }

  const host: QemuServerHost = {
    launch: (spec) =>
      locks.run(spec.uuid, async () => {
        const { uuid } = spec;
        const earlier = entries.get(uuid);
        if (earlier?.gone) await settle(uuid, earlier);
        else if (earlier?.running) return instance(earlier.running);
        const holds = new Set(spec.devices.flatMap(({ drive, shared }) => (shared ? [] : [drive.uuid])));
        const { promise: ready, resolve, reject } = Promise.withResolvers<Attended>();
        // Whoever waits for it is told; that nobody does is no defect.
        ready.catch(() => {});
        const entry = add(uuid, holds, ready);
        try {
          const attended = await startServer(spec, directoryOf(uuid), options, ears(uuid));
          run(uuid, entry, attended);
          resolve(attended);
          return instance(attended);
        } catch (error) {
          reject(error);
          await settle(uuid, entry);
          throw error;
        }
      }),

    kill: (uuid) =>
      locks.run(uuid, async () => {
        const entry = entries.get(uuid);
        if (!entry?.running) return;
        await entry.running.end();
        await settle(uuid, entry);
      }),

    powerDown: (uuid) =>
      locks.run(uuid, async () => {
        await present(uuid).qmp.execute("system_powerdown");
      }),

    reset: (uuid) => locks.run(uuid, async () => present(uuid).reset()),

    setCpu: (uuid, cpuMhz) =>
      locks.run(uuid, async () => {
        present(uuid);
        await quota?.limit(uuid, cpuMhz);
      }),

    setVncPassword: (uuid, password) =>
      locks.run(uuid, async () => {
        const { qmp, record } = present(uuid);
        if (record.vnc === null) return;
        const { address, listen } = record.vnc;
        if (password === null) await Promise.all([network.closeVnc(uuid), closeScreen(qmp)]);
        else await Promise.all([openScreen(qmp, listen, password), network.openVnc(uuid, address, listen)]);
      }),

    counters: async (uuid) => present(uuid).counters(),

    running: () =>
      [...entries.values()].flatMap(({ running }) => (running === null ? [] : [instance(running)])),

    find(uuid) {
      const running = entries.get(uuid)?.running;
      return running ? instance(running) : null;
    },

    observe(listener) {
      listeners.add(listener);
      queueMicrotask(deliver);
      return () => listeners.delete(listener);
    },

    heldBy(drive) {
      for (const { holds, ready } of entries.values()) {
        if (holds.has(drive)) return async () => (await ready).exportOf(drive);
      }
      return null;
    },

    close() {
      for (const { running } of entries.values()) running?.leave();
    },
  };

  /** Takes over what an earlier daemon left of the server. */
  async function adopt(uuid: string, process: ProcessIdentity | undefined): Promise<void> {
    const directory = directoryOf(uuid);
    const record = await readRecord(directory);
    const counters = await readCounters(directory);
    if (process !== undefined && record !== null) {
      const connect = (onEvent: Parameters<typeof connectQmp>[1]) =>
        connectQmp(directory.sockets.qmp, onEvent);
      const attendance = {
        record,
        directory,
        identity: process,
        disk: join(home, "drives"),
        counters,
        connect,
      };
      const attended = await attend({ ...attendance, ...ears(uuid) }).catch(async (error: unknown) => {
        if (await isRunning(process)) onError(error);
        return null;
      });
      if (attended !== null) return takeOver(attended, process);
    }
    if (process !== undefined) await endProcess(process);
    await clearServer(uuid, directory, options, onError);
    if (record === null) return;
    tell({ kind: "gone", uuid, counters: counters ?? noCounters(record.devices.length) });
  }

  async function takeOver(attended: Attended, process: ProcessIdentity): Promise<void> {
    const { uuid, devices } = attended.record;
    const holds = new Set(devices.flatMap(({ drive, shared }) => (shared ? [] : [drive])));
    run(uuid, add(uuid, holds, Promise.resolve(attended)), attended);
    const shared = new Set(devices.flatMap(({ drive, shared }) => (shared ? [drive] : [])));
    await Promise.all([
      ...[...shared].map((drive) => drives.resume(uuid, drive)),
      // It may have been launched when the machine had no quotas.
      quota?.enter(uuid, process.pid),
    ]).catch(onError);
    await attended.refresh().catch(onError);
  }

  await mkdir(servers, { recursive: true });
  // QEMU's uid reaches its sockets through here; what else is in it, it cannot even list.
  await chmod(servers, 0o711);
  const processes = await serverProcesses(servers);
  const left = new Set([...processes.keys(), ...(await serversWithDirectory(servers))]);
  await Promise.all([...left].map((uuid) => adopt(uuid, processes.get(uuid))));
  return host;
}

const instance = ({ record, state }: Attended): Instance => ({
  uuid: record.uuid,
  state: state(),
  started: record.started,
});
