/**
 * The clock of a machine (`Clock`): in one boot it is the time since that boot and an offset, which the store keeps, so that
 * the wall clock is asked once a boot and its jumps change nothing, over restarts of the daemon too. At a new boot the wall
 * clock is asked anew; what accounting time was recorded last is the least.
 */
import { readFileSync } from "node:fs";
import { uptime } from "node:os";
import type { Selectable } from "kysely";
import { apartSentence, type Clock } from "../base/clock.ts";
import type { ClockTable } from "../store/metering-tables.ts";
import type { Store } from "../store/store.ts";

/** How often accounting time is recorded. */
const RECORD_MS = 60_000;
/** How far from the wall clock it may be before that is said. */
const MOST_APART_S = 60;

/** What a machine says of time. */
export type Readings = {
  /** Milliseconds since its boot, those that it slept included (CLOCK_BOOTTIME; time_namespaces(7)). */
  readonly bootMs: () => number;
  /** Another one after each boot (proc(5): random/boot_id). */
  readonly bootId: () => string;
  /** Milliseconds since the epoch by the clock that is set. */
  readonly wallMs: () => number;
};

const MACHINE: Readings = {
  bootMs: () => Math.round(uptime() * 1000),
  bootId: () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
  wallMs: () => Date.now(),
};

type Kept = Omit<Selectable<ClockTable>, "id">;

/**
 * How accounting time goes on.
 *
 * @param kept what was recorded last, null where nothing was
 */
function goOn(kept: Kept | null, { bootMs, bootId, wallMs }: Readings): Kept {
  const [now, boot_id] = [bootMs(), bootId()];
  const isSameBoot = kept !== null && kept.boot_id === boot_id && kept.boot_ms <= now;
  const sinceEpochMs = Math.max(wallMs(), (kept?.time ?? 0) * 1000);
  const offset_ms = isSameBoot ? kept.offset_ms : sinceEpochMs - now;
  const off_since = isSameBoot ? kept.off_since : (kept?.time ?? null);
  return { boot_id, offset_ms, boot_ms: now, time: Math.floor((offset_ms + now) / 1000), off_since };
}

export type BootClockOptions = {
  readonly readings?: Readings;
  /** Told why accounting time could not be recorded (it is tried again), and once how far it is from the wall clock. */
  readonly onTrouble: (error: unknown) => void;
};

export class BootClock implements Clock {
  readonly #store: Store;
  readonly #options: Required<BootClockOptions>;
  readonly #offsetMs: number;
  readonly #recording: NodeJS.Timeout;
  readonly offSince?: number;
  #last: number;
  #isApart = false;

  private constructor(
    store: Store,
    { offset_ms, time, off_since }: Kept,
    options: Required<BootClockOptions>,
  ) {
    this.#store = store;
    this.#options = options;
    this.#offsetMs = offset_ms;
    this.#last = time;
    if (off_since !== null) this.offSince = off_since;
    this.#recording = setInterval(() => void this.record(), RECORD_MS).unref();
    this.#sayApart();
  }

  static async open(store: Store, options: BootClockOptions): Promise<BootClock> {
    const { readings = MACHINE, onTrouble } = options;
    const kept = await store.transaction(async (tx) => {
      const before = await tx.selectFrom("clock").selectAll().executeTakeFirst();
      const kept = goOn(before ?? null, readings);
      await tx
        .insertInto("clock")
        .values({ id: 1, ...kept })
        .onConflict((conflict) => conflict.column("id").doUpdateSet(kept))
        .execute();
      return kept;
    });
    return new BootClock(store, kept, { readings, onTrouble });
  }

  now(): number {
    const now = Math.floor((this.#offsetMs + this.#options.readings.bootMs()) / 1000);
    this.#last = Math.max(this.#last, now);
    return this.#last;
  }

  /** How many seconds it is ahead of the wall clock, behind where below zero; 0 where that is less than is said. */
  get apartS(): number {
    const apart = this.now() - Math.floor(this.#options.readings.wallMs() / 1000);
    return Math.abs(apart) > MOST_APART_S ? apart : 0;
  }

  /** Records accounting time, as each minute. */
  async record(): Promise<void> {
    this.#sayApart();
    const { readings, onTrouble } = this.#options;
    const recorded = { boot_ms: readings.bootMs(), time: this.now() };
    await this.#store.transaction((tx) => tx.updateTable("clock").set(recorded).execute()).catch(onTrouble);
  }

  /** Records it once more: what ends from now on nobody sees. */
  async close(): Promise<void> {
    clearInterval(this.#recording);
    await this.record();
  }

  #sayApart(): void {
    const apart = this.apartS;
    if (apart !== 0 && !this.#isApart) this.#options.onTrouble(new Error(apartSentence(apart)));
    this.#isApart = apart !== 0;
  }
}
