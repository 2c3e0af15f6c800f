/** One of the daemons of a simulation over all its incarnations: it takes commands, is killed, frozen, and started again. */
import type { Command, Request } from "../../src/api/command.ts";
import type { Input } from "../../src/api/properties.ts";
import type { UserId } from "../../src/base/ids.ts";
import type { Store } from "../../src/store/store.ts";
import { callerOf } from "../http/accounts.ts";
import { objectCommands } from "../object-commands.ts";
import type { Machine } from "../simulated/machine.ts";
import { type Daemon, openDaemon } from "../state-daemon.ts";
import type { Conditions } from "./faults.ts";
import { faultyStore } from "./faulty-store.ts";
import { type Clock, Process, runsWithin } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";
import { effectsOf, overTransport } from "./transport.ts";

/** The daemon died before it answered. */
export class ConnectionLost extends Error {}

export type Asked = {
  readonly user: UserId;
  /** The path of a row of the table of commands. */
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly input?: Input;
  readonly bytes?: Uint8Array;
  readonly key?: string | null;
};

export type SimulatedDaemonOptions = Conditions & {
  readonly name: string;
  readonly scheduler: Scheduler;
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

type Incarnation = { readonly process: Process; daemon: Daemon | null; endJobs: () => void };

export class SimulatedDaemon {
  /** That of the machine that it is on, which outlives it. */
  readonly clock: Clock = { aheadMs: 0 };
  readonly #options: SimulatedDaemonOptions;
  readonly #underWay = new Set<(error: ConnectionLost) => void>();
  #commands: ReadonlyMap<string, Command> = new Map();
  #incarnation: Incarnation | null = null;
  #incarnations = 0;
  #requests = 0;

  constructor(options: SimulatedDaemonOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Whether commands are taken. */
  get isUp(): boolean {
    return this.#incarnation !== null && this.#incarnation.daemon !== null;
  }

  get process(): Process | null {
    return this.#incarnation?.process ?? null;
  }

  /** Starts the daemon in so many milliseconds, and again where that fails. */
  start(inMs: number): void {
    const { scheduler, name, onTrouble } = this.#options;
    scheduler.schedule(`${name} is started`, inMs, null, () => {
      const process = new Process(`${name}${++this.#incarnations}`, this.clock);
      const incarnation: Incarnation = { process, daemon: null, endJobs: () => {} };
      this.#incarnation = incarnation;
      runsWithin(process, () => this.#open(incarnation)).catch((error: unknown) => {
        onTrouble(error);
        this.#end(incarnation);
        this.start(1_000);
      });
    });
  }

  /** Leaves the daemon where it stands, as kill -9 does, and starts it again in so many milliseconds. */
  kill(inMs: number): void {
    const incarnation = this.#incarnation;
    if (incarnation === null) return;
    this.#end(incarnation);
    this.start(inMs);
  }

  #end(incarnation: Incarnation): void {
    incarnation.process.isAlive = false;
    incarnation.endJobs();
    this.#incarnation = null;
    for (const lose of this.#underWay) lose(new ConnectionLost());
    this.#underWay.clear();
  }

  async #open(incarnation: Incarnation): Promise<void> {
    const { scheduler, random, faults, machine, alone, late, onRing, onCommit, onTrouble, onViolation } =
      this.#options;
    const kill = () => this.kill(random.chance() * 2_000);
    const transport = { scheduler, random, faults, sender: incarnation.process, kill, onViolation, late };
    const store = faultyStore(this.#options.store, {
      ...{ scheduler, random, faults, client: incarnation.process, isRemote: !alone, kill, onRing, onCommit },
    });
    const daemon = await openDaemon({
      ...{ store, machine, alone, onTrouble },
      // One for all daemons of the store: accounting time knows nothing of how far their machines' clocks are off.
      clock: { now: () => Math.floor(scheduler.nowMs / 1000) },
      before: effectsOf(transport),
      between(host) {
        incarnation.endJobs = () => host.drives.endJobs();
        return overTransport(host, transport);
      },
      onUnknown: ({ uuid }) => onViolation(new Error(`server ${uuid} runs, unknown to the store`)),
      onDisagreement: ({ drive, is }) => onViolation(new Error(`drive ${drive} is ${is}`)),
    });
    incarnation.daemon = daemon;
    const commands = objectCommands(daemon);
    this.#commands = new Map(commands.map((command) => [command.path, command]));
  }

  /** What the command answers, pages and bytes read to their end. Errors: the command's; ConnectionLost. */
  ask({ user, path, params = {}, input = new Map(), bytes, key = null }: Asked): Promise<unknown> {
    const incarnation = this.#incarnation;
    const command = this.#commands.get(path);
    if (incarnation === null || incarnation.daemon === null) return Promise.reject(new ConnectionLost());
    if (command === undefined) throw new Error(`there is no command ${path}`);
    const requestId = `${incarnation.process.name}/${++this.#requests}`;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#underWay.add(reject);
    const request: Request = {
      ...{ requestId, address: "", caller: callerOf(user), params, input, idempotencyKey: key },
      body: bytes === undefined ? null : async () => bodyOf(bytes),
    };
    runsWithin(incarnation.process, () => answerOf(command, request))
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
