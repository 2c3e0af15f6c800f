/** One of the daemons of a simulation over all its lives: it takes commands, is killed, frozen, and started again. */
import { bind, type Command, type Request } from "../../src/api/command.ts";
import type { Input } from "../../src/api/properties.ts";
import type { UserId } from "../../src/base/ids.ts";
import { DRIVE_COMMANDS } from "../../src/drives/commands.ts";
import { NO_IO } from "../../src/drives/counters.ts";
import { DriveRecords } from "../../src/drives/records.ts";
import { RESOURCE_COMMANDS } from "../../src/resources/commands.ts";
import { ResourceRecords } from "../../src/resources/records.ts";
import { SERVER_COMMANDS } from "../../src/servers/commands.ts";
import { guestIo } from "../../src/servers/guest-io.ts";
import { ServerRecords } from "../../src/servers/records.ts";
import type { Store } from "../../src/store/store.ts";
import type { Machine } from "../simulated/machine.ts";
import { type Daemon, openDaemon } from "../state-daemon.ts";
import type { Agenda } from "./agenda.ts";
import { faultyStore } from "./faulty-store.ts";
import { type Clock, Process, runsWithin } from "./process.ts";
import { effectsOf, wayTo } from "./way.ts";
import type { Weather } from "./weather.ts";

/** The daemon died before it answered. */
export class Lost extends Error {}

export type Asked = {
  readonly user: UserId;
  /** The path of a row of the table of commands. */
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly input?: Input;
  readonly bytes?: Uint8Array;
  readonly key?: string | null;
};

export type SideOptions = {
  readonly name: string;
  readonly agenda: Agenda;
  readonly weather: Weather;
  readonly machine: Machine;
  readonly store: Store;
  /** Whether it is the only daemon. */
  readonly alone: boolean;
  readonly late: Set<object>;
  readonly onRing: (topic: string) => void;
  readonly onCommit: () => void;
  readonly onTrouble: (error: unknown) => void;
  /** Called with what must never be. */
  readonly onViolation: (error: unknown) => void;
};

type Life = { readonly process: Process; daemon: Daemon | null; endJobs: () => void };

export class Side {
  /** That of the machine that it is on, which outlives it. */
  readonly clock: Clock = { aheadMs: 0 };
  readonly #options: SideOptions;
  readonly #underWay = new Set<(error: Lost) => void>();
  #commands: ReadonlyMap<string, Command> = new Map();
  #life: Life | null = null;
  #lives = 0;
  #requests = 0;

  constructor(options: SideOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Whether commands are taken. */
  get isUp(): boolean {
    return this.#life !== null && this.#life.daemon !== null;
  }

  get process(): Process | null {
    return this.#life?.process ?? null;
  }

  /** Starts the daemon in so many milliseconds, and again where that fails. */
  start(inMs: number): void {
    const { agenda, name, onTrouble } = this.#options;
    agenda.enter(`${name} is started`, inMs, null, () => {
      const process = new Process(`${name}${++this.#lives}`, this.clock);
      const life: Life = { process, daemon: null, endJobs: () => {} };
      this.#life = life;
      runsWithin(process, () => this.#open(life)).catch((error: unknown) => {
        onTrouble(error);
        this.#end(life);
        this.start(1_000);
      });
    });
  }

  /** Leaves the daemon where it stands, as kill -9 does, and starts it again in so many milliseconds. */
  kill(inMs: number): void {
    const life = this.#life;
    if (life === null) return;
    this.#end(life);
    this.start(inMs);
  }

  #end(life: Life): void {
    life.process.isAlive = false;
    life.endJobs();
    this.#life = null;
    for (const lose of this.#underWay) lose(new Lost());
    this.#underWay.clear();
  }

  async #open(life: Life): Promise<void> {
    const { agenda, weather, machine, alone, late, onRing, onCommit, onTrouble, onViolation } = this.#options;
    const kill = () => this.kill(weather.chance() * 2_000);
    const way = { agenda, weather, sender: life.process, kill, onViolation, late };
    const store = faultyStore(this.#options.store, {
      ...{ agenda, weather, client: life.process, isRemote: !alone, kill, onRing, onCommit },
    });
    const daemon = await openDaemon({
      ...{ store, machine, alone, onTrouble },
      before: effectsOf(way),
      between(host) {
        life.endJobs = () => host.drives.endJobs();
        return wayTo(host, way);
      },
      onUnknown: ({ uuid }) => onViolation(new Error(`server ${uuid} runs, unknown to the store`)),
      onDisagreement: ({ drive, is }) => onViolation(new Error(`drive ${drive} is ${is}`)),
    });
    life.daemon = daemon;
    const { dependencies, hosts } = daemon;
    const servers = new ServerRecords(store);
    const commands = [
      ...bind(DRIVE_COMMANDS, {
        ...dependencies,
        records: new DriveRecords(store),
        // What guests do is counted alone: what a daemon counts is lost with it.
        counters: { add: () => {}, pending: () => NO_IO },
        guestIo: guestIo(servers, hosts),
      }),
      ...bind(SERVER_COMMANDS, { ...dependencies, records: servers }),
      ...bind(RESOURCE_COMMANDS, { ...dependencies, records: new ResourceRecords(store) }),
    ];
    this.#commands = new Map(commands.map((command) => [command.path, command]));
  }

  /** What the command answers, pages and bytes read to their end. Errors: the command's; Lost. */
  ask({ user, path, params = {}, input = new Map(), bytes, key = null }: Asked): Promise<unknown> {
    const life = this.#life;
    const command = this.#commands.get(path);
    if (life === null || life.daemon === null) return Promise.reject(new Lost());
    if (command === undefined) throw new Error(`there is no command ${path}`);
    const requestId = `${life.process.name}/${++this.#requests}`;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#underWay.add(reject);
    const request: Request = {
      ...{ requestId, caller: { user }, params, input, idempotencyKey: key },
      body: bytes === undefined ? null : async () => bodyOf(bytes),
    };
    runsWithin(life.process, () => answerOf(command, request))
      .then(resolve, reject)
      .finally(() => this.#underWay.delete(reject));
    return promise;
  }
}

async function answerOf(command: Command, request: Request): Promise<unknown> {
  if (command.returns === "bytes") return wholeOf((await command.run(request)).pieces);
  const answer = await command.run(request);
  const isList = command.returns === "list" || command.returns === "properties list";
  return isList ? (await wholeOf(answer as AsyncIterable<readonly unknown[]>)).flat() : answer;
}

async function wholeOf<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function bodyOf(bytes: Uint8Array) {
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  return { lengthBytes: bytes.length, bytes: whole(), release: async () => {} };
}
