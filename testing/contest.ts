/** A contest of two daemons over one store and one simulated machine, by a seed; see `test/state/two-daemons.test.ts`. */
import { setTimeout as delay } from "node:timers/promises";
import { createUser } from "../src/accounts/users.ts";
import { DeadlineExceeded, withinOr } from "../src/base/deadline.ts";
import { LodgeError } from "../src/base/errors.ts";
import type { UserId } from "../src/base/ids.ts";
import { imageDrive } from "../src/drives/imaging/image.ts";
import { destroyDrive } from "../src/drives/lifecycle/destroy.ts";
import { setDrive } from "../src/drives/lifecycle/set.ts";
import { DriveRecords } from "../src/drives/records.ts";
import { readyDrive } from "../src/drives/rows.ts";
import { Unreachable } from "../src/host/errors.ts";
import { Overtaken } from "../src/operations/operation.ts";
import { shutDownServer } from "../src/servers/lifecycle/direct.ts";
import type { Store } from "../src/store/store.ts";
import { seeded } from "./seeded.ts";
import { Guests } from "./simulated/guests.ts";
import { emptyMachine } from "./simulated/machine.ts";
import { endRun } from "./simulated/servers.ts";
import { LATEST_MS, unreliable } from "./simulated/unreliable.ts";
import { WrittenBytes } from "./simulated/written-bytes.ts";
import { assertStoreAgrees, assertStoreKeepsRules } from "./state-agreement.ts";
import { type Daemon, openDaemon } from "./state-daemon.ts";
import { input, lifecycle, makeDrive, makeServer, writeDrive } from "./state-objects.ts";
import { withTransactions } from "./transactions.ts";

const LEASE_MS = 150;
/** How many commands are under way at once. */
const CALLERS = 6;
/** Objects beyond these are destroyed rather than made. */
const MOST_OBJECTS = 12;
/** How long a contest may take beyond its time. */
const PATIENCE_MS = 30_000;
const STEP_MS = 120_000;
const MOST_STEPS = 40;

const ACTS = [
  ...["drive", "shared", "create", "create", "start", "start", "stop", "destroy", "set", "set"],
  ...["resize", "drop", "off", "power down", "guest writes", "guest writes", "kill", "freeze"],
  ...["write", "write", "image"],
] as const;

export type ContestOptions = {
  readonly seed: number;
  /** One for each daemon. */
  readonly stores: readonly [Store, Store];
  readonly seconds: number;
};

type Contestant = { daemon: Daemon; frozenUntil: number; readonly records: DriveRecords };

export class Contest {
  readonly #options: ContestOptions;
  readonly #machine = emptyMachine();
  readonly #chance: () => number;
  readonly #violations: unknown[] = [];
  readonly #late = new Set<Promise<unknown>>();
  readonly #restarting = new Set<Promise<void>>();
  readonly #guests = new Guests(this.#machine);
  readonly #written = new WrittenBytes(this.#machine);
  #contestants: Contestant[] = [];
  #user = "" as UserId;
  #faults = 0.08;
  #clockMs = 0;
  #stage = "the start of the daemons";

  constructor(options: ContestOptions) {
    this.#options = options;
    this.#chance = seeded(options.seed);
  }

  /** Errors: what does not hold; DeadlineExceeded when it does not come to its end, which names what it was at. */
  async run(): Promise<void> {
    const ms = this.#options.seconds * 1000 + PATIENCE_MS;
    await withinOr(ms, this.#run(), () => {
      throw new DeadlineExceeded(this.#stage, ms);
    });
  }

  async #run(): Promise<void> {
    const { stores, seconds } = this.#options;
    for (const store of stores) {
      const contestant = { frozenUntil: 0, records: new DriveRecords(store) } as Contestant;
      this.#contestants.push(contestant);
      contestant.daemon = await this.#open(contestant, store);
    }
    this.#user = (await createUser(stores[0], "ann")).uuid;
    const end = performance.now() + seconds * 1000;
    this.#stage = "a call";
    await Promise.all(Array.from({ length: CALLERS }, () => this.#call(end)));
    await this.#settle();
    for (const { daemon } of this.#contestants) await daemon.close();
  }

  async #call(end: number): Promise<void> {
    while (performance.now() < end) {
      // Timers get their turn, too: a store within the process leaves them none.
      await delay(1);
      const act = this.#pick(ACTS);
      const contestant = this.#pick(this.#contestants);
      const { daemon } = contestant;
      // Nobody hears from a daemon that is killed meanwhile.
      await Promise.race([
        this.#act(contestant, act).catch((error) => this.#refused(act, error)),
        gone(daemon),
      ]);
      await this.#assertHolds();
    }
  }

  async #act(contestant: Contestant, act: (typeof ACTS)[number]): Promise<void> {
    const of = { daemon: () => contestant.daemon, user: this.#user };
    const { dependencies } = contestant.daemon;
    switch (act) {
      case "drive":
      case "shared":
        if (this.#machine.drives.size >= MOST_OBJECTS) return;
        await makeDrive(of, act === "shared" ? { "claim:type": "shared" } : {});
        return;
      case "create":
        return this.#create(of);
      case "start":
      case "stop":
      case "destroy":
        return lifecycle(of)[act](await this.#any("servers"));
      case "set":
        return lifecycle(of).set(await this.#any("servers"), input({ cpu: 1 + this.#number(3000) }));
      case "resize":
        return this.#onDrive((uuid) =>
          setDrive(dependencies, uuid, new Map([["size", 4096 * (1 + this.#number(8))]])),
        );
      case "drop":
        if (this.#machine.drives.size < MOST_OBJECTS / 2) return;
        return this.#onDrive((uuid) => destroyDrive(dependencies, uuid));
      case "image":
        return this.#image(contestant.daemon);
      case "write":
        return this.#write(contestant);
      case "off":
        return endRun(this.#machine, this.#pick([...this.#machine.servers.keys(), ""]));
      case "power down":
        return shutDownServer(dependencies, { uuid: await this.#any("servers"), host: "local" });
      case "guest writes":
        return this.#guests.write(this.#pick([...this.#machine.servers.keys(), ""]), 1 + this.#number(1000));
      case "freeze":
        contestant.frozenUntil = performance.now() + LEASE_MS * 3 * this.#chance();
        return;
      case "kill":
        if (this.#chance() < 0.3) await this.#restart(contestant);
    }
  }

  async #create(of: Parameters<typeof makeServer>[0]): Promise<void> {
    const { stores } = this.#options;
    const servers = await stores[0].transaction((tx) => tx.selectFrom("servers").select("uuid").execute());
    if (servers.length >= MOST_OBJECTS) return;
    await makeServer(
      of,
      {
        "ide:0:0": await this.#any("drives"),
        ...(this.#chance() < 0.5 ? { "nic:0:dhcp": "auto", vnc: "auto" } : {}),
        persistent: this.#chance() < 0.7,
        mem: 64 + 700 * this.#number(6),
      },
      this.#chance() < 0.7,
    );
  }

  /** Does what may change a drive's bytes. */
  async #onDrive(work: (uuid: string) => Promise<void>): Promise<void> {
    const uuid = await this.#any("drives");
    await this.#written.changing(uuid, async () => {
      await work(uuid);
      return null;
    });
  }

  async #image({ dependencies }: Daemon): Promise<void> {
    const source = await this.#any("drives");
    const user = this.#user;
    await this.#onDrive((target) => imageDrive(dependencies, { target, source, user, conversion: null }));
  }

  /** Writes the last byte of a drive by the API. */
  async #write({ daemon, records }: Contestant): Promise<void> {
    const uuid = await this.#any("drives");
    const value = 1 + this.#number(255);
    await this.#written.changing(uuid, async () => {
      const { sizeBytes } = await daemon.store.transaction((tx) => readyDrive(tx, uuid));
      const at = sizeBytes - 1;
      const of = { daemon: () => daemon, user: this.#user };
      await writeDrive(of, uuid, at, Uint8Array.of(value), records);
      return { at, value };
    });
  }

  #open(contestant: Contestant, store: Store): Promise<Daemon> {
    const thawed = async () => {
      while (performance.now() < contestant.frozenUntil) await delay(10);
    };
    return openDaemon({
      store: withTransactions(store, async (work, options) => {
        await thawed();
        return store.transaction(work, options);
      }),
      machine: this.#machine,
      before: async () => {
        await thawed();
        if (this.#chance() < 0.3) await delay(this.#chance() * 20);
        // Killed at this very effect, which it never comes to.
        const isUp = contestant.daemon !== undefined && !killed.has(contestant.daemon);
        if (isUp && this.#chance() < this.#faults / 8) {
          void this.#restart(contestant);
          await new Promise(() => {});
        }
      },
      between: (host) =>
        unreliable(host, {
          chance: this.#chance,
          faults: () => this.#faults,
          onViolation: (error) => this.#violations.push(error),
          late: this.#late,
        }),
      alone: false,
      now: () => Date.now() + this.#clockMs,
      leaseMs: LEASE_MS,
      onTrouble: (error) => this.#troubled(error),
      onUnknown: ({ uuid }) => this.#violations.push(new Error(`server ${uuid} runs, unknown to the store`)),
      onDisagreement: ({ drive, is }) => this.#violations.push(new Error(`drive ${drive} is ${is}`)),
    });
  }

  /** Kills the contestant's daemon and starts another, unless that is under way. */
  async #restart(contestant: Contestant): Promise<void> {
    if (killed.has(contestant.daemon)) return;
    end(contestant.daemon);
    const restarting = this.#replace(contestant).finally(() => this.#restarting.delete(restarting));
    this.#restarting.add(restarting);
    await restarting;
  }

  async #replace(contestant: Contestant): Promise<void> {
    await contestant.daemon.kill();
    const index = this.#contestants.indexOf(contestant);
    contestant.frozenUntil = 0;
    contestant.daemon = await this.#open(contestant, this.#options.stores[index === 0 ? 0 : 1]);
  }

  /** Refusals are answers, and so is that a host did not answer; all else is a defect. */
  #refused(act: string, error: unknown): void {
    if (error instanceof LodgeError || error instanceof Unreachable) return;
    this.#violations.push(new Error(`${act} ended in no answer, but in ${error}`, { cause: error }));
  }

  #troubled(error: unknown): void {
    if (error instanceof Unreachable || error instanceof LodgeError || error instanceof Overtaken) return;
    if (error instanceof AggregateError) for (const each of error.errors) this.#troubled(each);
    else this.#violations.push(error);
  }

  async #assertHolds(): Promise<void> {
    const [first] = this.#violations;
    if (first !== undefined) throw first;
    const [store] = this.#options.stores;
    await assertStoreKeepsRules(store, this.#machine);
    this.#written.assertThere();
  }

  /** Nothing goes wrong from now on, nobody calls any more, and whatever was begun comes to its end. */
  async #settle(): Promise<void> {
    this.#faults = 0;
    const { stores } = this.#options;
    for (let step = 0; step < MOST_STEPS; step++) {
      for (const contestant of this.#contestants) contestant.frozenUntil = 0;
      this.#stage = "a late call or a restart";
      await Promise.all(this.#restarting);
      // Those of a daemon that was killed meanwhile never come through.
      await Promise.race([Promise.all(this.#late), delay(2 * LATEST_MS)]);
      for (const { daemon } of this.#contestants) {
        this.#stage = "an operation";
        await daemon.worker.idle();
        this.#stage = "a look";
        await daemon.look();
      }
      this.#stage = "a copy";
      // A store within the process leaves its timers no turn.
      while ([...this.#machine.jobs.values()].some(({ state }) => state === "running")) await delay(1);
      const left = await stores[0].transaction((tx) => tx.selectFrom("operations").selectAll().execute());
      if (left.length === 0) break;
      this.#clockMs += STEP_MS;
    }
    await this.#assertHolds();
    await assertStoreAgrees(stores[0], this.#machine);
    await this.#guests.assertCountedIn(stores[0]);
  }

  async #any(table: "drives" | "servers"): Promise<string> {
    const rows = await this.#options.stores[0].transaction((tx) =>
      tx.selectFrom(table).select("uuid").execute(),
    );
    return this.#pick([...rows.map(({ uuid }) => uuid), "00000000-0000-4000-8000-000000000000"]);
  }

  #number = (below: number) => Math.floor(this.#chance() * below);

  #pick<T>(list: readonly T[]): T {
    const picked = list[this.#number(list.length)];
    if (picked === undefined) throw new Error("there is nothing to pick");
    return picked;
  }
}

/** Daemons that were killed, or are to be; who waits for one of them waits no longer. */
const killed = new WeakMap<Daemon, true>();
const waiting = new WeakMap<Daemon, PromiseWithResolvers<void>>();

function gone(daemon: Daemon): Promise<void> {
  if (killed.has(daemon)) return Promise.resolve();
  const known = waiting.get(daemon) ?? Promise.withResolvers<void>();
  waiting.set(daemon, known);
  return known.promise;
}

function end(daemon: Daemon): void {
  killed.set(daemon, true);
  waiting.get(daemon)?.resolve();
}
