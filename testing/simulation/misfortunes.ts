/** What befalls the daemons, their store, their host and its guests in a simulation. */
import type { Guests } from "../simulated/guests.ts";
import type { Machine } from "../simulated/machine.ts";
import { endRun } from "../simulated/servers.ts";
import type { Agenda } from "./agenda.ts";
import type { Promises } from "./promises.ts";
import { type AllRecords, hasCounted } from "./records.ts";
import type { Side } from "./side.ts";
import type { Weather } from "./weather.ts";

const BEFALLS = [
  ...["kill", "kill", "kill all", "power", "freeze", "clock", "clock"],
  ...["disk", "host", "weather", "weather", "weather", "weather"],
  ...["guest ends", "guest ends", "guest writes", "guest writes", "guest writes", "guest writes"],
] as const;

/** What befalls nobody while only the host and its guests are at fault. */
const OF_DAEMONS: ReadonlySet<string> = new Set(["kill", "kill all", "power", "freeze", "clock", "disk"]);
/** Of so many storms one is so mild, the second first. */
const MILD_OF = 4;

/** How long it is between two of them on average. */
const PAUSE_MS = 3_000;
/** How often an effect is a daemon's last. */
const DEATHS = 0.01;
/** How far clocks are set forward or back at most. */
const JUMP_MS = 2 * 3_600_000;
/** The longest that a daemon is frozen: longer than a lease. */
const FREEZE_MS = 90_000;

export type MisfortunesOptions = {
  readonly agenda: Agenda;
  readonly weather: Weather;
  readonly machine: Machine;
  readonly guests: Guests;
  readonly sides: readonly Side[];
  readonly promises: Promises;
  readonly records: () => AllRecords;
  /** Called when the machine was changed. */
  readonly onChange: () => void;
};

export class Misfortunes {
  readonly #options: MisfortunesOptions;
  #isOver = true;
  #isMild = false;
  #turn = 0;

  constructor(options: MisfortunesOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#isOver = false;
    this.#isMild = this.#turn % MILD_OF === 1;
    this.#options.weather.deaths = this.#isMild ? 0 : DEATHS;
    this.#turn++;
    this.#befall("weather");
    this.#soon(this.#turn);
  }

  /** Whether nothing befalls the daemons and their store now: then a lease that is renewed keeps others off. */
  get isMild(): boolean {
    return this.#isMild;
  }

  /** Nothing goes wrong from now on, and clocks go right. */
  end(): void {
    const { weather, sides } = this.#options;
    this.#isOver = true;
    weather.clear();
    for (const { process, clock } of sides) {
      clock.aheadMs = 0;
      if (process !== null) process.frozenUntilMs = 0;
    }
  }

  #soon(turn: number): void {
    const { agenda, weather } = this.#options;
    const pauseMs = -Math.log(1 - weather.chance()) * PAUSE_MS;
    agenda.enter("a misfortune", pauseMs, null, () => {
      if (this.#isOver || turn !== this.#turn) return;
      const what = weather.pick(BEFALLS);
      agenda.stir(what);
      if (!this.#isMild || !OF_DAEMONS.has(what)) this.#befall(what);
      this.#soon(turn);
    });
  }

  #befall(what: (typeof BEFALLS)[number]): void {
    const { weather, machine, guests, sides, promises, records, onChange } = this.#options;
    const restartMs = () => weather.chance() ** 4 * 40_000;
    switch (what) {
      case "kill":
        weather.pick(sides).kill(restartMs());
        return;
      case "kill all":
        if (weather.happens(0.7)) return;
        for (const side of sides) side.kill(restartMs());
        return;
      case "power":
        if (weather.happens(0.7)) return;
        for (const side of sides) side.kill(restartMs());
        for (const server of [...machine.servers.keys(), ...machine.ended.keys()]) {
          promises.ended(server);
          guests.lose(server, (ranAt) => hasCounted(records(), server, ranAt));
        }
        onChange();
        return;
      case "freeze":
        this.#freeze(weather.pick(sides));
        return;
      case "clock":
        this.#jump(weather.pick(sides));
        return;
      case "disk":
        this.#for(8_000, () => {
          weather.disk = "roomy";
        });
        weather.disk = weather.pick(["short", "full"]);
        return;
      case "host":
        this.#for(20_000, () => {
          weather.isHostAway = false;
        });
        weather.isHostAway = true;
        return;
      case "weather":
        weather.hostFaults = weather.pick([0, 0.02, 0.1, 0.3]);
        weather.storeFaults = this.#isMild ? 0 : weather.pick([0, 0, 0.02, 0.1]);
        return;
      case "guest ends": {
        const server = this.#running();
        promises.ended(server);
        endRun(machine, server);
        onChange();
        return;
      }
      case "guest writes":
        guests.write(this.#running(), 1 + weather.number(1000));
    }
  }

  #running(): string {
    return this.#options.weather.pick([...this.#options.machine.servers.keys(), ""]);
  }

  #freeze({ process }: Side): void {
    const { agenda, weather } = this.#options;
    if (process !== null) process.frozenUntilMs = agenda.nowMs + weather.chance() ** 2 * FREEZE_MS;
  }

  #jump({ clock }: Side): void {
    const { weather } = this.#options;
    const far = 2 * weather.chance() - 1;
    clock.aheadMs = weather.happens(0.3) ? 0 : (weather.happens(0.5) ? far : far ** 3) * JUMP_MS;
  }

  /** Undoes it after a while. */
  #for(mostMs: number, undo: () => void): void {
    const { agenda, weather } = this.#options;
    agenda.enter("a misfortune ends", weather.chance() * mostMs, null, undo);
  }
}
