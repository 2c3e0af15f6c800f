/** The fault injector of a simulation: what it does to the daemons, their store, their host and its guests, and when. */
import type { Guests } from "../simulated/guests.ts";
import type { Machine } from "../simulated/machine.ts";
import { endRun } from "../simulated/servers.ts";
import { clear, type Faults } from "./faults.ts";
import type { Model } from "./model.ts";
import type { Random } from "./random.ts";
import { type AllRecords, hasCounted } from "./records.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SimulatedDaemon } from "./simulated-daemon.ts";

const KINDS = [
  ...["kill", "kill", "kill all", "power", "freeze", "clock", "clock"],
  ...["disk", "host", "rates", "rates", "rates", "rates"],
  ...["guest ends", "guest ends", "guest writes", "guest writes", "guest writes", "guest writes"],
] as const;

type Kind = (typeof KINDS)[number];

/** What is not injected while daemons are spared. */
const OF_DAEMONS: ReadonlySet<Kind> = new Set(["kill", "kill all", "power", "freeze", "clock", "disk"]);
/** Of so many turns one spares the daemons, the second first. */
const SPARING_OF = 4;

/** How long it is between two faults on average. */
const PAUSE_MS = 3_000;
/** How often an effect is a daemon's last. */
const DEATHS = 0.01;
/** How far clocks are set forward or back at most. */
const JUMP_MS = 2 * 3_600_000;
/** The longest that a daemon is frozen: longer than a lease. */
const FREEZE_MS = 90_000;

export type FaultInjectorOptions = {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faults: Faults;
  readonly machine: Machine;
  readonly guests: Guests;
  readonly daemons: readonly SimulatedDaemon[];
  readonly model: Model;
  readonly records: () => AllRecords;
  /** Called when the machine was changed. */
  readonly onChange: () => void;
};

export class FaultInjector {
  readonly #options: FaultInjectorOptions;
  #isOver = true;
  #sparesDaemons = false;
  #turn = 0;

  constructor(options: FaultInjectorOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#isOver = false;
    this.#sparesDaemons = this.#turn % SPARING_OF === 1;
    this.#options.faults.deaths = this.#sparesDaemons ? 0 : DEATHS;
    this.#turn++;
    this.#inject("rates");
    this.#soon(this.#turn);
  }

  /** Whether only the host and its guests have faults now: then a lease that is renewed keeps others off. */
  get sparesDaemons(): boolean {
    return this.#sparesDaemons;
  }

  /** Nothing goes wrong from now on, and clocks go right. */
  end(): void {
    const { faults, daemons } = this.#options;
    this.#isOver = true;
    clear(faults);
    for (const { process, clock } of daemons) {
      clock.aheadMs = 0;
      if (process !== null) process.frozenUntilMs = 0;
    }
  }

  #soon(turn: number): void {
    const { scheduler, random } = this.#options;
    const pauseMs = -Math.log(1 - random.chance()) * PAUSE_MS;
    scheduler.schedule("a fault", pauseMs, null, () => {
      if (this.#isOver || turn !== this.#turn) return;
      const kind = random.pick(KINDS);
      scheduler.hashIn(kind);
      if (!this.#sparesDaemons || !OF_DAEMONS.has(kind)) this.#inject(kind);
      this.#soon(turn);
    });
  }

  #inject(kind: Kind): void {
    const { random, faults, guests, daemons } = this.#options;
    switch (kind) {
      case "kill":
        random.pick(daemons).kill(this.#restartMs());
        return;
      case "kill all":
        if (!random.happens(0.7)) this.#killAll();
        return;
      case "power":
        if (!random.happens(0.7)) this.#losePower();
        return;
      case "freeze":
        this.#freeze(random.pick(daemons));
        return;
      case "clock":
        this.#jump(random.pick(daemons));
        return;
      case "disk":
        this.#for(8_000, () => {
          faults.disk = "roomy";
        });
        faults.disk = random.pick(["short", "full"]);
        return;
      case "host":
        this.#for(20_000, () => {
          faults.isHostAway = false;
        });
        faults.isHostAway = true;
        return;
      case "rates":
        faults.host = random.pick([0, 0.02, 0.1, 0.3]);
        faults.store = this.#sparesDaemons ? 0 : random.pick([0, 0, 0.02, 0.1]);
        return;
      case "guest ends":
        this.#endGuest();
        return;
      case "guest writes":
        guests.write(this.#running(), 1 + random.integer(1000));
    }
  }

  #killAll(): void {
    for (const daemon of this.#options.daemons) daemon.kill(this.#restartMs());
  }

  #restartMs(): number {
    return this.#options.random.chance() ** 4 * 40_000;
  }

  /** The machine, with its daemons and guests, stops; the store has all that it committed. */
  #losePower(): void {
    const { machine, guests, model, records, onChange } = this.#options;
    this.#killAll();
    for (const server of [...machine.servers.keys(), ...machine.ended.keys()]) {
      model.ended(server);
      guests.lose(server, (ranAt) => hasCounted(records(), server, ranAt));
    }
    onChange();
  }

  #endGuest(): void {
    const { machine, model, onChange } = this.#options;
    const server = this.#running();
    model.ended(server);
    endRun(machine, server);
    onChange();
  }

  #running(): string {
    return this.#options.random.pick([...this.#options.machine.servers.keys(), ""]);
  }

  #freeze({ process }: SimulatedDaemon): void {
    const { scheduler, random } = this.#options;
    if (process !== null) process.frozenUntilMs = scheduler.nowMs + random.chance() ** 2 * FREEZE_MS;
  }

  #jump({ clock }: SimulatedDaemon): void {
    const { random } = this.#options;
    const far = 2 * random.chance() - 1;
    clock.aheadMs = random.happens(0.3) ? 0 : (random.happens(0.5) ? far : far ** 3) * JUMP_MS;
  }

  /** Undoes it after a while. */
  #for(mostMs: number, undo: () => void): void {
    const { scheduler, random } = this.#options;
    scheduler.schedule("a fault ends", random.chance() * mostMs, null, undo);
  }
}
