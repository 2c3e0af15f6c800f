/**
 * One run of a server on this host, from its launch, or its adoption, until it is forgotten.
 *
 *     start ──▶ launching ────────▶ running ◀── adopt, a process
 *                   │ failed, ended    │ its process is gone
 *                   ▼                  ▼
 *                clearing ◀────────────┘ ◀───── adopt, none
 *                   │
 *          it ran   ├──────────▶ ended ──release──▶ forgotten
 *                   └── it never ran, and nothing is left of it ──▶ forgotten
 *
 * A run is `ended` once clearing was attempted; what could not be cleared then is cleared before it is forgotten. One that
 * never ran is `ended` only while something is left of it, and is shown to nobody.
 */
import { uptime } from "node:os";
import { within } from "../../base/deadline.ts";
import { missing } from "../../base/errors.ts";
import type { Exporter } from "../attachment.ts";
import type { Generation, Instance, Live, RunDescription, ServerCounters, ServerSpec } from "../host.ts";
import type { ProcessIdentity } from "../process/process.ts";
import { Clearing } from "./clearing.ts";
import { noCounters } from "./counters.ts";
import { LaunchAttempt } from "./launch-attempt.ts";
import type { Monitor } from "./monitor.ts";
import type { DatedCounters, ServerRecord } from "./record.ts";
import { connectTo, type RunDirectory, removeRunDirectory } from "./run-directory.ts";
import { type Dependencies, monitorOf } from "./start-server.ts";

type Stage = "new" | "launching" | "running" | "clearing" | "ended" | "forgotten";

const NEXT: Readonly<Record<Stage, readonly Stage[]>> = {
  new: ["launching", "running", "clearing"],
  launching: ["running", "clearing"],
  running: ["clearing"],
  clearing: ["ended", "forgotten"],
  ended: ["forgotten"],
  forgotten: [],
};

/** How long a start of the daemon waits for a QEMU that an earlier one left to answer. */
const ADOPTION_MS = 2_000;
/** How long a launch may take to be undone, until that is an error. */
const UNDO_MS = 10_000;

export type RunOptions = {
  readonly uuid: string;
  readonly directory: RunDirectory;
  readonly dependencies: Dependencies;
  /** What is told of it has changed. */
  readonly onChange: () => void;
  readonly onForgotten: () => void;
};

export class Run {
  readonly #options: RunOptions;
  readonly #clearing: Clearing;
  #stage: Stage = "new";
  /** Of its launch, or of the last change that was applied to it. */
  #generation: Generation = 0;
  #started = Math.floor(Date.now() / 1000);
  #record: ServerRecord | null = null;
  #monitor: Monitor | null = null;
  #attempt: LaunchAttempt | null = null;
  #launch: Promise<Monitor> | null = null;
  #settling: Promise<void> | null = null;
  #forgetting: Promise<void> | null = null;
  #ran = false;
  /** The last counters that an earlier daemon knew. */
  #adopted: ServerCounters | null = null;
  /** When its process was seen to go, in seconds since the machine's boot; null where nobody saw that. */
  #endedBootS: number | null = null;
  /** Its last counters, once it has ended. */
  #counters: ServerCounters | null = null;
  #live: Live | null = null;
  #applying: Promise<unknown> = Promise.resolve();

  constructor(options: RunOptions) {
    this.#options = options;
    this.#clearing = new Clearing(options.uuid, options.directory, options.dependencies);
  }

  /** Launches the server; no process is started before `fenced`. Errors: `failed`, `full`, `busy`; the reason to end it. */
  async start(spec: ServerSpec, generation: Generation, fenced: Promise<void>): Promise<void> {
    this.#enter("launching");
    this.#generation = generation;
    const { directory, dependencies, onChange } = this.#options;
    this.#attempt = new LaunchAttempt(
      {
        ...{ spec, generation, directory, fenced, onChange },
        exporterOf: (drive) => this.exporterOf(drive),
        onSpawned: (record) => this.#take(record),
      },
      dependencies,
    );
    this.#launch = this.#start(this.#attempt);
    await this.#launch;
    this.#log("a server was launched");
  }

  /** Takes up a process that an earlier daemon left. When this answers, its state is known, or it does not answer. */
  async adopt(
    record: ServerRecord,
    identity: ProcessIdentity,
    counters: ServerCounters | null,
  ): Promise<void> {
    const monitor = this.#monitorProcess(record, identity, counters);
    this.#ran = true;
    await monitor.adopt(connectTo(record.uuid, this.#options.directory, ADOPTION_MS));
    this.#log(monitor.isResponsive ? "a server was adopted" : "a server that does not answer was adopted");
  }

  /**
   * Takes up what an earlier daemon left of a server whose process is gone; nothing is left of one that never ran. What
   * cannot be cleared is told to the log, and tried again.
   *
   * @param end its last counters, and when that was; null for one that never ran
   * @param isKnown its end was noticed by the earlier daemon already
   */
  async adoptEnd(record: ServerRecord, end: DatedCounters | null, isKnown: boolean): Promise<void> {
    this.#take(record);
    if (isKnown) this.#clearing.countersAreKept();
    this.#ran = end !== null;
    this.#adopted = end?.counters ?? null;
    if (isKnown) this.#counters = this.#adopted;
    this.#endedBootS = end?.bootS ?? null;
    await this.#settle().catch((error: unknown) => this.#trouble(error));
  }

  /** Whether it runs, or is being launched. */
  get isLive(): boolean {
    return this.#stage === "launching" || this.#stage === "running";
  }

  /** Whether it is of no use but to be undone: a launch that was cut off, or that failed and left something behind. */
  get isRemnant(): boolean {
    if (this.#stage === "running") return this.#monitor?.isResponsive === true && this.#monitor.isPrelaunch;
    return !this.#ran && (this.#stage === "clearing" || this.#stage === "ended");
  }

  get generation(): Generation {
    return this.#generation;
  }

  get description(): RunDescription | null {
    return this.#record?.description ?? null;
  }

  /** Null for one that is shown to nobody. */
  instance(seen: Generation): Instance | null {
    const generation = Math.max(seen, this.#generation);
    const about = { uuid: this.#options.uuid, generation, started: this.#started };
    if (this.#stage === "forgotten") return null;
    if (this.#stage === "ended") {
      if (!this.#ran) return null;
      const counters = this.#lastCounters();
      return { ...about, state: "ended", counters, ranAt: this.#generation, endedAgoS: this.#endedAgoS };
    }
    const isUp = this.#stage === "launching" || (this.#stage === "running" && this.#monitor?.isResponsive);
    return { ...about, state: this.#monitor?.runState ?? "paused", responsive: isUp === true };
  }

  /** How it was a moment ago, the same object for as long as that holds; null where it is to be asked. */
  get fresh(): Live | null {
    const monitor = this.#stage === "running" ? this.#monitor : null;
    const counters = monitor?.isResponsive ? monitor.meter.fresh : null;
    if (monitor === null || counters === null) return null;
    const state = monitor.runState;
    if (this.#live?.counters !== counters || this.#live.state !== state) {
      this.#live = { state, responsive: true, counters };
    }
    return this.#live;
  }

  /** Its process, and what was counted last of it, while it runs and answers; null otherwise. */
  get counted(): { readonly identity: ProcessIdentity; readonly counters: ServerCounters } | null {
    const monitor = this.#stage === "running" ? this.#monitor : null;
    if (!monitor?.isResponsive || monitor.isPrelaunch) return null;
    return { identity: monitor.identity, counters: monitor.meter.last };
  }

  /** What it counts, or the last that is known of that. */
  async counters(): Promise<ServerCounters> {
    const monitor = this.#stage === "running" ? this.#monitor : null;
    return monitor?.isResponsive ? monitor.meter.now() : this.#lastCounters();
  }

  /** Its monitor once it runs. Errors: `missing`, it does not run, or its launch came to nothing. */
  async ready(): Promise<Monitor> {
    if (this.#stage === "running" && this.#monitor !== null) return this.#monitor;
    const launched = this.#stage === "launching" ? await this.#launch?.catch(() => null) : null;
    if (!launched) throw missing("server_not_here", `server ${this.#options.uuid} does not run here`);
    return launched;
  }

  /** Waits until the launch is over. Errors: the launch's. */
  async launched(): Promise<void> {
    await this.#launch;
  }

  /** How a drive that it has open is read. */
  exporterOf(drive: string): Exporter {
    return async () => (await this.ready()).exportOf(drive);
  }

  /** Does the work on its monitor after all that came before it. */
  apply(generation: Generation, work: (monitor: Monitor) => Promise<void>): Promise<void> {
    const applied = this.#applying.then(async () => {
      await work(await this.ready());
      this.#generation = generation;
    });
    // Whoever asked for it is told; what comes after it begins all the same.
    this.#applying = applied.catch(() => {});
    return applied;
  }

  /**
   * Ends it, whatever else it is at.
   *
   * @param reason what a launch that is under way fails with
   *
   * Errors: DeadlineExceeded, what is still there; `failed`, it could not be cleared. It may be repeated.
   */
  async end(reason: Error): Promise<void> {
    if (this.#stage === "launching") {
      this.#attempt?.abort(reason);
      // Why it failed is for whoever launched it.
      const undone = this.#launch?.catch(() => {}) ?? Promise.resolve();
      await within(UNDO_MS, `undoing the launch of server ${this.#options.uuid}`, undone);
    }
    if (this.#stage === "running") await this.#monitor?.end();
    if (this.#stage !== "forgotten") await this.#settle();
  }

  /** Forgets it, once it has ended. Errors: `failed`, something of it could not be cleared. */
  async release(): Promise<void> {
    if (this.isLive) return;
    // What could not be cleared is tried again below.
    await this.#settling?.catch(() => {});
    if (this.#stage === "forgotten") return;
    // They are recorded elsewhere now.
    this.#clearing.countersAreKept();
    await this.#settle();
    await this.#forget();
  }

  /** Tries again what could not be done at its end. */
  async housekeep(): Promise<void> {
    if (this.#stage !== "ended" || this.#settling !== null || this.#clearing.isDone) return;
    await this.#settle().catch((error: unknown) => this.#trouble(error));
  }

  /** Lets go of it: it runs on. */
  leave(): void {
    this.#monitor?.leave();
  }

  async #start(attempt: LaunchAttempt): Promise<Monitor> {
    try {
      const monitor = await attempt.run();
      this.#ran = true;
      this.#run(monitor);
      return monitor;
    } catch (error) {
      const { left } = attempt;
      if (left === null) await this.#settle().catch((trouble: unknown) => this.#trouble(trouble));
      else {
        // It is still there, and so is what it holds.
        this.#ran = true;
        this.#monitorProcess(left.record, left.identity, null).watch();
      }
      throw error;
    }
  }

  #monitorProcess(record: ServerRecord, identity: ProcessIdentity, counters: ServerCounters | null): Monitor {
    const { directory, dependencies, onChange } = this.#options;
    this.#take(record);
    const monitor = monitorOf(record, identity, directory, { ...dependencies, onChange, counters });
    dependencies.serial.hold(record.uuid, directory.sockets.serial, false);
    this.#run(monitor);
    return monitor;
  }

  #run(monitor: Monitor): void {
    this.#monitor = monitor;
    this.#enter("running");
    void monitor.gone.then(() => this.#settle()).catch((error: unknown) => this.#trouble(error));
  }

  #take(record: ServerRecord): void {
    this.#record = record;
    this.#started = record.started;
    this.#generation = record.generation;
  }

  /** Its process is gone: keeps its last counters, and then clears what it held. Once at a time. */
  #settle(): Promise<void> {
    this.#settling ??= this.#clear().finally(() => {
      this.#settling = null;
    });
    return this.#settling;
  }

  async #clear(): Promise<void> {
    const { uuid, dependencies } = this.#options;
    // It says for itself what goes wrong with it, and stands in nobody's way.
    void dependencies.serial.end(uuid);
    if (this.#stage === "running" && this.#monitor?.isPrelaunch) this.#ran = false;
    if (this.isLive) this.#endedBootS = uptime();
    const isKnown = this.#clearing.hasKeptCounters;
    if (this.#stage !== "ended") this.#enter("clearing");
    try {
      this.#counters ??= await this.#finalCounters();
      const end = { counters: this.#counters, bootS: this.#endedBootS };
      await this.#clearing.clear(this.#ran ? end : null);
      if (!this.#ran) await this.#forget();
    } finally {
      if (this.#stage === "clearing") {
        this.#enter("ended");
        if (this.#ran && !isKnown) this.#log("a server has ended");
        this.#options.onChange();
      }
    }
  }

  /** Once: its directory is the next run's from then on. */
  #forget(): Promise<void> {
    this.#forgetting ??= this.#remove().finally(() => {
      if (this.#stage !== "forgotten") this.#forgetting = null;
    });
    return this.#forgetting;
  }

  async #remove(): Promise<void> {
    await removeRunDirectory(this.#options.directory);
    this.#enter("forgotten");
    if (this.#ran) this.#log("a server's run was cleared and forgotten");
    this.#options.onForgotten();
  }

  #lastCounters(): ServerCounters {
    const known = this.#counters ?? this.#monitor?.meter.last ?? this.#adopted;
    return known ?? noCounters(this.#record?.devices ?? []);
  }

  /** With what its NIC's counter says, which goes with the NIC. */
  async #finalCounters(): Promise<ServerCounters> {
    const { uuid, dependencies } = this.#options;
    const uplink = this.#ran ? await dependencies.network.lastUplinkCount(uuid) : null;
    const last = this.#lastCounters();
    return uplink === null ? last : { ...last, uplink };
  }

  /** By a clock that does not jump; one that was written before the machine's boot tells nothing. */
  get #endedAgoS(): number | null {
    const agoS = this.#endedBootS === null ? -1 : Math.floor(uptime() - this.#endedBootS);
    return agoS < 0 ? null : agoS;
  }

  #enter(next: Stage): void {
    if (!NEXT[this.#stage].includes(next)) throw new Error(`a run cannot go from ${this.#stage} to ${next}`);
    this.#stage = next;
  }

  #log(message: string): void {
    this.#options.dependencies.log({ level: "info", message, ...this.#about });
  }

  #trouble(err: unknown): void {
    const message = "what a server held could not be cleared, which is tried again";
    this.#options.dependencies.log({ level: "warn", message, ...this.#about, err });
  }

  /** What a line of the log is about. */
  get #about() {
    return { server: this.#options.uuid, generation: this.#generation };
  }
}
