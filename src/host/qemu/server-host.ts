/**
 * The servers of this host: one QEMU each, which outlives the daemon. The table of runs is made anew, at every start, from
 * the processes and run directories that are there, and follows QEMU's own events from then on.
 */
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { withinOr } from "../../base/deadline.ts";
import { busy, missing } from "../../base/errors.ts";
import { allSettled } from "../../base/settled.ts";
import type { Soon } from "../../base/soon.ts";
import { Outdated, Unreachable } from "../errors.ts";
import type {
  Generation,
  Instance,
  Live,
  RunDescription,
  RunUse,
  SerialView,
  ServerHost,
  ServerSpec,
  UplinkCount,
} from "../host.ts";
import { adoptRuns } from "./adopt.ts";
import { applySpec } from "./apply.ts";
import { Fences } from "./fences.ts";
import { Launchers } from "./launchers.ts";
import type { Monitor } from "./monitor.ts";
import { reported } from "./reported.ts";

import { Run } from "./run.ts";
import { runDirectory, serversFolder } from "./run-directory.ts";
import { connectScreen } from "./screen.ts";
import { SerialPorts } from "./serial/ports.ts";
import type { Dependencies } from "./start-server.ts";
import { usesOf } from "./uses.ts";

export type ServerHostOptions = Omit<Dependencies, "launchers" | "serial"> & {
  /** For run directories (`servers`) and fences (`fences`): on tmpfs where possible, and to be traversed by the uid. */
  readonly runDir: string;
  /** Something about the server has changed: its state, whether it answers, its end. */
  readonly onChange: (uuid: string) => void;
  /** How often is tried again what could not be cleared. */
  readonly housekeepingMs?: number;
};

export type QemuServerHost = ServerHost & {
  /** Lets go of all servers; they run on. */
  close(): void;
};

const HOUSEKEEPING_MS = 60_000;
/** How long the process of a QEMU may take to be gone that has hung up. */
const ENDING_MS = 1_000;

/**
 * Finds again what an earlier daemon left. It ends no process: what runs is monitored, whether or not it answers, and what
 * runs no more has ended. A server that cannot be taken up, or cleared, is told to the log and stands in no other's way.
 */
export async function openServerHost(options: ServerHostOptions): Promise<QemuServerHost> {
  const { runDir, log } = options;
  const servers = serversFolder(runDir);
  await mkdir(servers, { recursive: true });
  // QEMU's uid reaches its sockets through here; what else is in it, it cannot even list.
  await chmod(servers, 0o711);
  const fences = await Fences.open(join(runDir, "fences"), (err) =>
    log({ level: "error", message: "a fence cannot be read", err }),
  );
  const { network, sandboxer } = options;
  const isSandboxed = sandboxer.bwrap !== null;
  const warn = (message: string, err: unknown) => log({ level: "warn", message, err });
  const launchers =
    network.netns === null ? null : new Launchers({ network, netns: network.netns, isSandboxed, warn });
  const serial = new SerialPorts({
    home: options.home,
    onTrouble: (server, err) =>
      log({
        ...{ level: "warn", message: "what is said on a serial port cannot be kept", err },
        ...(server === null ? {} : { server }),
      }),
  });
  const host = new Servers({ ...options, launchers, serial }, servers, fences);
  await host.adopt();
  launchers?.refillLater();
  host.keepHouse(options.housekeepingMs ?? HOUSEKEEPING_MS);
  return host;
}

class Servers implements QemuServerHost {
  readonly #options: ServerHostOptions & Dependencies;
  readonly #servers: string;
  readonly #fences: Fences;
  readonly #runs = new Map<string, Run>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ServerHostOptions & Dependencies, servers: string, fences: Fences) {
    this.#options = options;
    this.#servers = servers;
    this.#fences = fences;
  }

  async launch(spec: ServerSpec, generation: Generation): Promise<void> {
    const { uuid } = spec;
    this.#fences.checkLaunch(uuid, generation);
    const run = this.#runs.get(uuid);
    const fenced = this.#fences.raise(uuid, generation);
    // Both ways on wait for it and tell its error; until then it is nobody's.
    fenced.catch(() => {});
    if (run === undefined) {
      const started = this.#run(uuid).start(spec, generation, fenced);
      return reported(uuid, started).finally(() => this.#options.launchers?.refillLater());
    }
    await reported(uuid, fenced);
    if (run.isRemnant) {
      await reported(uuid, run.end(new Outdated(uuid, run.generation, generation)));
      return this.launch(spec, generation);
    }
    if (run.isLive && run.generation === generation) return reported(uuid, run.launched());
    throw busy(
      "in_progress",
      `server ${uuid} ${run.isLive ? "runs already" : "has ended, which is still to be recorded"}`,
    );
  }

  async apply(spec: ServerSpec, generation: Generation): Promise<void> {
    const { uuid } = spec;
    this.#fences.check(uuid, generation);
    const run = this.#live(uuid);
    const applied = run.apply(generation, (monitor) => {
      // A later one may have come while this one waited.
      this.#fences.check(uuid, generation);
      return applySpec(spec, monitor, this.#options);
    });
    await reported(uuid, allSettled([applied, this.#fences.raise(uuid, generation)]));
  }

  async end(uuid: string, generation: Generation): Promise<void> {
    this.#fences.check(uuid, generation);
    const run = this.#runs.get(uuid);
    const outdated = new Outdated(uuid, run?.generation ?? generation, generation);
    await reported(uuid, allSettled([this.#fences.end(uuid, generation), run?.end(outdated)]));
  }

  /** A later run than the one that is meant stays, however late this comes. */
  async release(uuid: string, generation: Generation): Promise<void> {
    const run = this.#runs.get(uuid);
    if (run === undefined || run.isLive || run.generation > generation) return;
    // Its launch may be repeated late, and is done.
    await reported(uuid, this.#fences.end(uuid, run.generation));
    await reported(uuid, run.release());
  }

  async powerDown(uuid: string): Promise<void> {
    await this.#ask(uuid, (monitor) => monitor.execute("system_powerdown"));
  }

  async reset(uuid: string): Promise<void> {
    await this.#ask(uuid, (monitor) => monitor.reset());
  }

  async screen(uuid: string): Promise<Duplex> {
    // It listens before its vCPUs run.
    await this.#live(uuid).ready();
    return reported(uuid, connectScreen(uuid, runDirectory(this.#servers, uuid)));
  }

  serial(uuid: string): Promise<SerialView> {
    return reported(uuid, this.#options.serial.open(uuid));
  }

  forgetSerial(uuid: string): Promise<void> {
    return reported(uuid, this.#options.serial.forget(uuid));
  }

  live(uuid: string): Soon<Live | null> {
    const run = this.#runs.get(uuid);
    return run === undefined ? null : (run.fresh ?? this.#asked(uuid, run));
  }

  async #asked(uuid: string, run: Run): Promise<Live | null> {
    const counters = await reported(uuid, run.counters());
    const instance = run.instance(0);
    if (instance === null || instance.state === "ended") return null;
    return { state: instance.state, responsive: instance.responsive, counters };
  }

  uplinkCounts(): Promise<ReadonlyMap<string, UplinkCount>> {
    return this.#options.network.uplinkCounts();
  }

  uses(): Promise<ReadonlyMap<string, RunUse>> {
    return usesOf(this.#runs);
  }

  async list(): Promise<readonly Instance[]> {
    return [...this.#runs].flatMap(([uuid, run]) => run.instance(this.#fences.seen(uuid)) ?? []);
  }

  async find(uuid: string): Promise<Instance | null> {
    return this.#runs.get(uuid)?.instance(this.#fences.seen(uuid)) ?? null;
  }

  async describe(uuid: string): Promise<RunDescription | null> {
    return this.#runs.get(uuid)?.description ?? null;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#options.launchers?.close();
    this.#options.serial.close();
    for (const run of this.#runs.values()) run.leave();
  }

  /** Takes up what an earlier daemon left. */
  async adopt(): Promise<void> {
    const [servers, dependencies] = [this.#servers, this.#options];
    await adoptRuns({ servers, dependencies, runOf: (uuid) => this.#run(uuid) });
    for (const [uuid, run] of this.#runs) {
      // Its fence may be lost, or damaged; the run's own record is as good.
      await this.#fences
        .raise(uuid, run.generation)
        .catch((err: unknown) => this.#warn("a server's fence could not be written", err));
    }
  }

  /** A new run of the server, which has none. */
  #run(uuid: string): Run {
    const { onChange } = this.#options;
    const run = new Run({
      ...{ uuid, directory: runDirectory(this.#servers, uuid), dependencies: this.#options },
      onChange: () => onChange(uuid),
      onForgotten: () => {
        this.#runs.delete(uuid);
        this.#options.uids?.giveBack(uuid);
        onChange(uuid);
      },
    });
    this.#runs.set(uuid, run);
    return run;
  }

  /** Tries again, every now and then, what could not be cleared, and forgets what need not be remembered any more. */
  keepHouse(everyMs: number): void {
    this.#timer = setInterval(() => void this.#housekeep(), everyMs).unref();
    void this.#housekeep();
  }

  async #housekeep(): Promise<void> {
    await Promise.all([
      ...[...this.#runs.values()].map((run) => run.housekeep()),
      this.#options.serial.housekeep(),
    ]);
    await this.#fences
      .forgetOld((uuid) => this.#runs.has(uuid))
      .catch((err: unknown) => this.#warn("old fences could not be removed", err));
  }

  #warn(message: string, err: unknown): void {
    this.#options.log({ level: "warn", message, err });
  }

  /** Asks the server's QEMU. Errors: one that gives no answer since it is ending does not run any more. */
  async #ask(uuid: string, work: (monitor: Monitor) => Promise<unknown>): Promise<void> {
    const monitor = await this.#live(uuid).ready();
    try {
      await reported(uuid, work(monitor));
    } catch (error) {
      const ended = monitor.gone.then(() => true);
      if (error instanceof Unreachable && (await withinOr(ENDING_MS, ended, () => false)))
        throw notHere(uuid);
      throw error;
    }
  }

  #live(uuid: string): Run {
    const run = this.#runs.get(uuid);
    if (!run?.isLive) throw notHere(uuid);
    return run;
  }
}

const notHere = (uuid: string) => missing("server_not_here", `server ${uuid} does not run here`);
