/**
 * The monitor of one server's QEMU: it speaks QMP with it, knows its state by its events, counts, and ends it. The same
 * for a QEMU that was just launched and for one that an earlier daemon left.
 *
 *                  connected
 *     ┌──────────────┐ ──────────────▶ ┌────────────┐
 *  ──▶│ unresponsive │                 │ responsive │
 *     └──────────────┘ ◀────────────── └────────────┘
 *            │      an answer is late,        │
 *            │      the connection is lost    │
 *            └────────┐              ┌────────┘
 *         end asked   ▼              ▼   or the guest shut itself down
 *                    ┌────────────────┐
 *                    │     ending     │
 *                    └────────────────┘
 *
 * One that answers what no QEMU does is unresponsive, too. From each of the three, `gone` follows when the process is seen
 * to be gone, however that came about, and `left` when the daemon lets go of it. That it does not answer never ends it.
 */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { coalesce } from "../../base/coalesce.ts";
import { DeadlineExceeded, within } from "../../base/deadline.ts";
import { failed } from "../../base/errors.ts";
import { Unreachable } from "../errors.ts";
import type { HostLog } from "../events-log.ts";
import type { RunState, ServerCounters } from "../host.ts";
import { endProcess, type ProcessIdentity } from "../process/process.ts";
import type { NbdAddress } from "../wire/nbd.ts";
import { type Asked, ConnectionLost, Nonsense, QmpError, type QmpEvent } from "../wire/qmp.ts";
import { HeldWrites } from "./held-writes.ts";
import { type Connect, LastingQmp } from "./lasting-qmp.ts";
import { Meter } from "./meter.ts";
import { NodeExports } from "./node-exports.ts";
import type { ServerRecord } from "./record.ts";
import type { RunDirectory } from "./run-directory.ts";
import { runStateOf, STATE_EVENTS } from "./run-state.ts";

export type MonitorState = "unresponsive" | "responsive" | "ending" | "gone" | "left";

const NEXT: Readonly<Record<MonitorState, readonly MonitorState[]>> = {
  unresponsive: ["responsive", "ending", "gone", "left"],
  responsive: ["unresponsive", "ending", "gone", "left"],
  ending: ["gone", "left"],
  gone: [],
  left: [],
};

export type MonitorOptions = {
  readonly record: ServerRecord;
  readonly directory: RunDirectory;
  readonly identity: ProcessIdentity;
  /** Where its taps are told (`GuestNetwork.devices`). */
  readonly netDev: string | null;
  /** A folder on the disk that the drives are on. */
  readonly disk: string;
  /** An attempt to connect, bounded by itself. */
  readonly connect: Connect;
  /** The last counters that an earlier daemon knew. */
  readonly counters: ServerCounters | null;
  /** Its state, or whether it answers, has changed. */
  readonly onChange: () => void;
  readonly log: HostLog;
};

/** How often counters are kept, and the state is looked at whether or not an event told of it. */
const LOOK_MS = 10_000;
/** How often the state is looked at for the sake of events. */
const REFRESH_MS = 50;
/** How long a QEMU that is to end may take to tell its last counters. */
const LAST_WORD_MS = 500;
/** How long it may take to write out what its drives still hold and go, until it is killed: as it answered, or not. */
const GRACE_MS = 3_000;
const NO_GRACE_MS = 300;
/** How long the kernel may take to end it once it is killed. */
const KILLED_MS = 5_000;
/** How long a reset may take until its event. */
const RESET_MS = 5_000;

const STATUS = z.object({ status: z.string() });

export class Monitor {
  /** Settles when its process is gone, whoever ended it; never, once it was left. */
  readonly gone: Promise<void>;
  readonly meter: Meter;
  readonly record: ServerRecord;
  readonly identity: ProcessIdentity;
  readonly #options: MonitorOptions;
  readonly #qmp: LastingQmp;
  readonly #exports: NodeExports;
  readonly #held: HeldWrites;
  #state: MonitorState = "unresponsive";
  /** As far as its events have told. */
  #runState: RunState = "paused";
  #isPrelaunch = false;
  /** How often it was told to go on. */
  #resumed = 0;
  #refreshedMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #ending: Promise<void> | null = null;
  #onReset = () => {};

  constructor(options: MonitorOptions) {
    const { record, identity, directory, connect, counters } = options;
    this.#options = options;
    this.record = record;
    this.identity = identity;
    this.#qmp = new LastingQmp({
      ...{ identity, connect, peer: this.#peer },
      onEvent: (event) => this.#hear(event),
      onConnected: () => this.#connected(),
      onLost: (error) => this.#lost(error),
    });
    this.execute = this.execute.bind(this);
    this.meter = new Meter({
      ...{ record, directory, netDev: options.netDev },
      ...{ execute: this.execute, last: counters },
    });
    this.#exports = new NodeExports(this.execute, directory);
    this.#held = new HeldWrites(options.disk, () => this.execute("cont"), this.#unattended);
    this.gone = this.#qmp.gone.then(() => {
      if (this.#state !== "left") this.#end("gone");
    });
  }

  /** Connects for the first time, and monitors from then on. Errors: the attempt's; it is not monitored then. */
  async open(connect: Connect): Promise<void> {
    await this.#qmp.open(connect);
    this.#enter("responsive");
    this.watch();
  }

  /** Monitors a QEMU that an earlier daemon left; when this answers, its state is known, or it is unresponsive. */
  async adopt(connect: Connect): Promise<void> {
    // Until it says otherwise it is what it was left as.
    this.#runState = "active";
    try {
      await this.open(connect);
      await this.#refresh();
    } catch (error) {
      this.#lost(error);
      if (this.#timer === undefined) this.watch();
    }
  }

  /** Monitors it from now on, whether or not it answers. */
  watch(): void {
    this.#timer = setInterval(() => this.#unattended(this.#look()), LOOK_MS).unref();
    this.#qmp.last();
  }

  get runState(): RunState {
    return this.#runState;
  }

  get #peer(): string {
    return `server ${this.record.uuid}`;
  }

  /** Its process is gone, or nobody minds it any more. */
  get #isOver(): boolean {
    return this.#state === "gone" || this.#state === "left";
  }

  get isResponsive(): boolean {
    return this.#state === "responsive";
  }

  /** Its vCPUs never ran: the launch was cut off. */
  get isPrelaunch(): boolean {
    return this.#isPrelaunch;
  }

  /** As `Qmp.execute`. Errors: Unreachable as well, while there is no connection. */
  execute<T = unknown>(command: string, args?: object, asked?: Asked<T>): Promise<T> {
    return this.#qmp.execute<T>(command, args, asked);
  }

  /** Lets the vCPUs of a new server run, which has counted nothing until now. */
  async begin(): Promise<void> {
    this.meter.begin();
    await this.#resume();
  }

  /** QMP `system_reset`; what held the vCPUs before holds them no more. */
  async reset(): Promise<void> {
    const stood = this.#runState !== "active";
    const done = new Promise<void>((resolve) => {
      this.#onReset = resolve;
    });
    await this.execute("system_reset");
    if (!stood) return;
    await within(RESET_MS, `the reset of server ${this.record.uuid}`, done);
    await this.#resume();
  }

  /** Has a new server's QEMU listen for readers of its drives. Errors: QMP's. */
  beginExports(): Promise<void> {
    return this.#exports.begin();
  }

  /** Where the drive of the record is exported, read-only; from the first time this is asked until the end. */
  async exportOf(drive: string): Promise<NbdAddress> {
    const device = this.record.devices.find((each) => each.drive === drive);
    if (device === undefined)
      throw failed("storage_failed", `server ${this.record.uuid} has no drive ${drive}`);
    return this.#exports.of(device.node);
  }

  /**
   * Ends the QEMU; settles when its process is gone. Waits for no answer of it beyond a moment. Errors:
   * DeadlineExceeded, when it does not end even when it was killed; it may be repeated then.
   */
  end(): Promise<void> {
    this.#ending ??= this.#endProcess().finally(() => {
      this.#ending = null;
    });
    return this.#ending;
  }

  /** Lets go of it: it runs on. */
  leave(): void {
    if (this.#state === "gone") return;
    this.#end("left");
    this.#qmp.leave();
  }

  /** For what nobody waits for. That QEMU does not answer, or has gone meanwhile, is told by its state. */
  readonly #unattended = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => {
      if (isUnanswered(error)) return;
      this.#options.log({
        level: "error",
        message: "a server's QEMU failed",
        server: this.record.uuid,
        err: error,
      });
    });
  };

  async #look(): Promise<void> {
    await this.#refresh();
    // Counters that are kept say that it ran.
    if (!this.#isPrelaunch) await this.meter.keep();
  }

  #hear({ event, data }: QmpEvent): void {
    if (event === "RESET") this.#onReset();
    if (STATE_EVENTS.has(event)) this.#unattended(this.#refreshSoon());
    if (event === "SHUTDOWN" && data.guest === true) this.#unattended(this.end());
  }

  /** For events, of which a QEMU may tell thousands a second: at most so often, and one at a time. */
  readonly #refreshSoon = coalesce(async () => {
    const waitMs = this.#refreshedMs + REFRESH_MS - performance.now();
    if (waitMs > 0) await delay(waitMs, undefined, { ref: false });
    this.#refreshedMs = performance.now();
    if (!this.#isOver) await this.#refresh();
  });

  async #refresh(): Promise<void> {
    const resumed = this.#resumed;
    const { status } = await this.execute("query-status", {}, { form: STATUS }).catch((error: unknown) => {
      if (!(error instanceof QmpError)) throw error;
      const nonsense = new Nonsense(this.#peer, error.message);
      this.#qmp.giveUp(nonsense);
      throw nonsense;
    });
    // The answer may be of before it was told to go on, an event of which is looked at after this.
    if (resumed !== this.#resumed) return;
    this.#isPrelaunch = status === "prelaunch";
    // A guest that shut itself down while no daemon was there to see it, or while an end of it failed.
    if (status === "shutdown") this.#unattended(this.end());
    if (status === "io-error") this.#held.wait();
    else this.#held.areDone();
    this.#become(runStateOf(status, this.#runState));
  }

  async #resume(): Promise<void> {
    await this.execute("cont");
    this.#resumed++;
    this.#isPrelaunch = false;
    this.#become("active");
  }

  #become(now: RunState): void {
    if (now === this.#runState) return;
    this.#runState = now;
    this.#options.onChange();
  }

  #connected(): void {
    if (this.#state === "unresponsive") {
      this.#enter("responsive");
      this.#options.log({
        level: "info",
        message: "a server's QEMU answers again",
        server: this.record.uuid,
      });
    }
    this.#unattended(this.#refresh());
  }

  #lost(error: unknown): void {
    if (this.#state !== "responsive" && this.#timer !== undefined) return;
    this.#enter("unresponsive");
    const message = "a server's QEMU does not answer";
    this.#options.log({ level: "warn", message, server: this.record.uuid, err: error });
  }

  async #endProcess(): Promise<void> {
    const answered = this.isResponsive && (await this.meter.readLast(LAST_WORD_MS));
    if (this.#isOver) return;
    this.#enter("ending");
    try {
      await endProcess(this.identity, "SIGTERM", answered ? GRACE_MS : NO_GRACE_MS, KILLED_MS);
    } catch (err) {
      this.#options.log({ level: "error", message: "a server does not end", server: this.record.uuid, err });
      throw err;
    }
    this.#qmp.end();
    await this.gone;
  }

  #end(state: "gone" | "left"): void {
    clearInterval(this.#timer);
    this.#held.areDone();
    this.#enter(state);
  }

  #enter(next: MonitorState): void {
    const before = this.#state;
    if (next === before) return;
    if (!NEXT[before].includes(next)) throw new Error(`a monitor cannot go from ${before} to ${next}`);
    this.#state = next;
    if (next === "responsive" || next === "unresponsive") this.#options.onChange();
  }
}

/** Whether an error means no more than that QEMU gave no answer, or none that counts. */
export function isUnanswered(error: unknown): boolean {
  return [ConnectionLost, DeadlineExceeded, Nonsense, Unreachable].some((kind) => error instanceof kind);
}
