/** The client that all callers of a simulation share: it asks a daemon for something, as one of the users. */
import type { Input, InputValue } from "../../src/api/properties.ts";
import { LodgeError } from "../../src/base/errors.ts";
import type { UserId } from "../../src/base/ids.ts";
import type { Model } from "./model.ts";
import type { Random } from "./random.ts";
import type { AllRecords } from "./records.ts";
import type { Scheduler } from "./scheduler.ts";
import { type Asked, ConnectionLost, type SimulatedDaemon } from "./simulated-daemon.ts";

/** What nobody has. */
export const NOBODYS = "00000000-0000-4000-8000-000000000000";
/** A create is asked for so often at most, until it is answered. */
const MOST_REPEATS = 4;

export type Properties = Readonly<Record<string, InputValue>>;

export type ClientOptions = {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly daemons: readonly SimulatedDaemon[];
  readonly model: Model;
  readonly users: readonly UserId[];
  readonly records: () => AllRecords;
  /** Called with what no command may end in. */
  readonly onViolation: (error: unknown) => void;
};

export class Client {
  readonly options: ClientOptions;
  #asked = 0;

  constructor(options: ClientOptions) {
    this.options = options;
  }

  /** A number that nothing was called by yet. */
  next(): number {
    return ++this.#asked;
  }

  /** Asks any daemon that is up. */
  async ask(asked: Asked): Promise<unknown> {
    let up = this.options.daemons.filter(({ isUp }) => isUp);
    if (up.length === 0) {
      await this.options.scheduler.wait("a caller tries again", 1_000, null);
      up = this.options.daemons.filter(({ isUp }) => isUp);
      if (up.length === 0) throw new ConnectionLost();
    }
    return this.options.random.pick(up).ask(asked);
  }

  /** Asks for something to be made, again with the same key while nothing is known of what came of it. */
  async create(user: UserId, path: string, properties: Properties): Promise<Map<string, unknown>> {
    const { scheduler, random } = this.options;
    const key = random.happens(0.5) ? `key-${this.next()}` : null;
    const marked = key === null ? properties : { ...properties, "user:made": key };
    for (let tries = 1; ; tries++) {
      try {
        const asked = { user, path, input: inputOf(marked), key };
        return new Map((await this.ask(asked)) as Iterable<[string, unknown]>);
      } catch (error) {
        if (key === null || tries === MOST_REPEATS || error instanceof LodgeError) throw error;
        await scheduler.wait("a caller repeats a request", random.chance() * 3_000, null);
      }
    }
  }

  /** That an answer is what the model has. */
  expect(what: string, is: unknown, modelled: unknown): void {
    if (is === modelled) return;
    this.options.onViolation(new Error(`${what} is answered as ${is}, and ${modelled} was answered before`));
  }

  /** Any drive, whoever has it. */
  drive(): { readonly uuid: string; readonly user: UserId; readonly sizeBytes: number } {
    const { records, random, users } = this.options;
    const { drives } = records();
    if (drives.length === 0) return { uuid: NOBODYS, user: random.pick(users), sizeBytes: 1 };
    const { uuid, user, size_bytes: sizeBytes } = random.pick(drives);
    return { uuid, user: user as UserId, sizeBytes };
  }

  /** Any server. */
  server(): { readonly uuid: string; readonly user: UserId; readonly isPersistent: boolean } {
    const { records, random, users } = this.options;
    const { servers } = records();
    if (servers.length === 0) return { uuid: NOBODYS, user: random.pick(users), isPersistent: false };
    const { uuid, user, config } = random.pick(servers);
    return { uuid, user: user as UserId, isPersistent: JSON.parse(config).persistent === true };
  }
}

export const inputOf = (properties: Properties): Input => new Map(Object.entries(properties));
