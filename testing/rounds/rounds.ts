/**
 * Rounds: a real cloud under a mixed load of several accounts, of which a part is killed at a moment that chance chooses,
 * now and then on a full disk; then it is looked whether all that was answered is so, and whether there is anything else.
 */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { DeadlineExceeded, withinOr } from "../../src/base/deadline.ts";
import { type Home, openHome } from "../../src/home.ts";
import { findDhcp } from "../../src/host/network/dhcp.ts";
import { askDaemon } from "../../src/operator/client.ts";
import type { CloudStatus } from "../../src/operator/status.ts";
import { Cloud } from "../cloud.ts";
import { seeded } from "../seeded.ts";
import { type SmallDisk, smallDisk } from "../small-disk.ts";
import { until } from "../until.ts";
import { makeUser } from "../user.ts";
import { Answers, type Faults } from "./answers.ts";
import { Caller } from "./caller.ts";
import { countOf, guestProcesses } from "./guest.ts";
import { Look } from "./look.ts";
import { assertMachine } from "./machine.ts";
import { Records } from "./records.ts";
import { StoreRows } from "./store-rows.ts";
import { type Kind, strike } from "./strike.ts";

const DISK_MIB = 384;
const ACCOUNTS = 3;
const CALLERS_AN_ACCOUNT = 2;
/** When something is killed, from the beginning of a round, and how long callers go on after it. */
const STRIKE_MS = { from: 10, to: 500 } as const;
const AFTER_MS = { from: 20, to: 300 } as const;
/** How many rounds there are on a full disk, of one. */
const FULL = 0.2;
/** All is looked at after so many rounds. */
const WHOLE_EVERY = 10;
const GUEST_MS = 20_000;
/** How long a round may take. */
const ROUND_MS = 200_000;

export type RoundsOptions = {
  /** What is killed: in each round the next of them. */
  readonly kinds: readonly [Kind, ...Kind[]];
  readonly seed: number;
  /** Told of each round that is through. */
  readonly onRound?: (line: string) => void;
};

/** What was done and looked at. */
export type Figures = {
  rounds: number;
  full: number;
  drivesRead: number;
  bytesRead: number;
  guestsCounted: number;
  wholeLooks: number;
};

export class Rounds {
  readonly figures: Figures = {
    ...{ rounds: 0, full: 0, drivesRead: 0, bytesRead: 0, guestsCounted: 0, wholeLooks: 0 },
  };
  readonly answers: Answers;
  readonly #options: RoundsOptions;
  readonly #faults: Faults = { daemons: 0, isDown: false, full: false };
  readonly #records = new Records();
  readonly #chance: () => number;
  readonly #disk: SmallDisk;
  readonly #cloud: Cloud;
  readonly #home: Home;
  readonly #stored: StoreRows;
  readonly #accounts: readonly string[];
  readonly #callers: readonly Caller[];
  #isCalling = false;
  /** What a round that is late is at. */
  #stage = "";

  /** Does so many rounds on a cloud of their own. Errors: what does not hold; answers that should not have been given. */
  static async run(count: number, options: RoundsOptions): Promise<Rounds> {
    const disk = await smallDisk(DISK_MIB);
    const cache = await mkdtemp(join(tmpdir(), "lodge-cache-"));
    // A daemon that is killed keeps nothing of what it compiled: that of the run's other programs serves as well.
    const compiled = process.env.NODE_COMPILE_CACHE ?? cache;
    const env = {
      NODE_COMPILE_CACHE: compiled,
      LODGE_RATE_OBJECTS: "1000000",
      LODGE_RATE_REQUESTS: "1000000",
    };
    const cloud = new Cloud(join(disk.folder, "home"), env);
    try {
      await cloud.start();
      const rounds = new Rounds(options, disk, cloud, await accountsOf(cloud));
      try {
        await rounds.#callers[0]?.createStanding();
        for (let number = 1; number <= count; number++) await rounds.#named(number, count);
      } finally {
        rounds.#stored.close();
      }
      assert.deepEqual(rounds.answers.wrong, [], "answers that should not have been given");
      return rounds;
    } finally {
      await disk.clear();
      await cloud.close().finally(() => disk.end());
      await rm(cache, { recursive: true });
    }
  }

  private constructor(options: RoundsOptions, disk: SmallDisk, cloud: Cloud, accounts: readonly string[]) {
    this.#options = options;
    this.#chance = seeded(options.seed);
    this.#disk = disk;
    this.#cloud = cloud;
    this.#home = openHome(cloud.home);
    this.#stored = new StoreRows(cloud.home);
    this.#accounts = accounts;
    this.answers = new Answers(cloud, this.#faults);
    const { answers } = this;
    this.#callers = accounts.flatMap((auth, account) =>
      Array.from(
        { length: CALLERS_AN_ACCOUNT },
        () => new Caller({ account, auth, records: this.#records, answers, chance: this.#chance }),
      ),
    );
  }

  /** One round, whose error says which it was. */
  async #named(number: number, count: number): Promise<void> {
    const { kinds, seed, onRound } = this.#options;
    const kind = kinds[number % kinds.length] ?? kinds[0];
    try {
      const isWhole = number % WHOLE_EVERY === 0 || number === count;
      await withinOr(ROUND_MS, this.#round(kind, isWhole), () => {
        throw new DeadlineExceeded(this.#stage, ROUND_MS);
      });
    } catch (cause) {
      const log = this.#cloud.logged.slice(-4000);
      throw new Error(`${kind}, seed ${seed}, round ${number}: ${(cause as Error).message}\n${log}`, {
        cause,
      });
    }
    onRound?.(this.#line(number));
  }

  async #round(kind: Kind, isWhole: boolean): Promise<void> {
    this.#stage = "what was killed";
    this.#faults.full = this.#chance() < FULL;
    const startMs = STRIKE_MS.from + this.#chance() * (STRIKE_MS.to - STRIKE_MS.from);
    this.#isCalling = true;
    const calls = Promise.all(this.#callers.map((caller) => this.#call(caller)));
    await delay(startMs * this.#chance());
    if (this.#faults.full) await this.#disk.fill();
    await delay(startMs / 2);
    const target = { cloud: this.#cloud, runDir: this.#home.runDir, records: this.#records };
    const formerDhcp = await this.#dhcp();
    const isDown = await strike(kind, { ...target, faults: this.#faults, chance: this.#chance });
    if (!isDown) await delay(AFTER_MS.from + this.#chance() * (AFTER_MS.to - AFTER_MS.from));
    this.#isCalling = false;
    this.#stage = "a call";
    await calls;
    this.#stage = "the start of the daemon";
    if (isDown) await this.#restart();
    await this.#disk.clear();
    this.#stage = "the next DHCP server";
    if (kind === "dnsmasq" || kind === "all") {
      await until(
        "there is another DHCP server",
        async () => ((await this.#dhcp()) ?? formerDhcp) !== formerDhcp || null,
      );
    }
    this.#stage = "an operation";
    await this.#stored.quiet();
    await until("the servers that run are those that the store has running", async () => {
      const running = [...(await guestProcesses(this.#home.runDir)).keys()].sort();
      const recorded = this.#stored.rows("select uuid from servers where phase = 'active' order by uuid");
      return (
        isDeepStrictEqual(
          recorded.map(({ uuid }) => uuid),
          running,
        ) || null
      );
    });
    this.#stage = "a look";
    await this.#look(false);
    await this.#countGuests();
    if (isWhole) await this.#lookAtAll();
    this.figures.rounds++;
    if (this.#faults.full) this.figures.full++;
  }

  async #call(caller: Caller): Promise<void> {
    while (this.#isCalling && !this.#faults.isDown) {
      await caller.act();
      // Where there is nothing to be done, others get their turn.
      await nextTurn();
    }
  }

  /** Starts the daemon again, on the full disk or on one that has room again. */
  async #restart(): Promise<void> {
    if (this.#chance() < 0.5) await this.#disk.clear();
    await this.#cloud.start();
    this.#faults.isDown = false;
  }

  async #dhcp(): Promise<number | null> {
    return (await findDhcp(join(this.#home.runDir, "network")))?.pid ?? null;
  }

  async #look(readAll: boolean): Promise<void> {
    const look = new Look({
      ...{ records: this.#records, answers: this.answers, accounts: this.#accounts, chance: this.#chance },
      ...{ wasFull: this.#faults.full, readAll },
    });
    await look.run();
    this.figures.drivesRead += look.drivesRead;
    this.figures.bytesRead += look.bytesRead;
  }

  /** Errors: a guest that was not told to stop does not go on where it was. */
  async #countGuests(): Promise<void> {
    const processes = await guestProcesses(this.#home.runDir);
    for (const server of this.#records.servers.values()) {
      if (!server.states.has("active") || server.wasReset) continue;
      const { uuid, counted } = server;
      const pid = processes.get(uuid);
      assert.ok(pid !== undefined, `server ${uuid} has a process`);
      if (counted === null) {
        server.counted = await countOf(this.#home.runDir, uuid, pid);
        continue;
      }
      assert.equal(pid, counted.pid, `server ${uuid} is in the process in which it was`);
      const goesOn = async () => {
        const count = await countOf(this.#home.runDir, uuid, pid);
        return count !== null && count.count > counted.count ? count : null;
      };
      server.counted = await until(
        `the guest of server ${uuid} goes on from ${counted.count}`,
        goesOn,
        GUEST_MS,
      );
      this.figures.guestsCounted++;
    }
  }

  async #lookAtAll(): Promise<void> {
    await this.#look(true);
    const { id, dir, runDir } = this.#home;
    const active = [...this.#records.servers.values()].filter(({ states }) => states.has("active"));
    await assertMachine({
      ...{ id, home: dir, runDir, daemon: this.#cloud.pid, drives: [...this.#records.drives.keys()] },
      active: active.map(({ uuid }) => uuid),
    });
    this.#stored.assertAgree();
    const offered = await readFile(join(runDir, "network", "hosts"), "utf8");
    for (const { address } of this.#stored.rows("select address from addresses")) {
      assert.ok(offered.includes(`,${address}`), `${address} is offered`);
    }
    const status = (await askDaemon(this.#home, "/status")) as CloudStatus;
    assert.deepEqual([status.unknown, status.late], [[], []], "nothing is unknown or late");
    assert.deepEqual(status.hosts[0]?.lost, [], "nothing is lost");
    this.figures.wholeLooks++;
  }

  #line(number: number): string {
    const { drives, servers, resources } = this.#records;
    const active = [...servers.values()].filter(({ states }) => states.has("active")).length;
    const there = `${drives.size} drives, ${active} of ${servers.size} servers, ${resources.size} resources`;
    return `round ${number}${this.#faults.full ? ", on a full disk" : ""}: ${there}`;
  }
}

/** The first user and others. */
async function accountsOf(cloud: Cloud): Promise<string[]> {
  const accounts = [cloud.auth];
  while (accounts.length < ACCOUNTS) accounts.push((await makeUser(cloud, `user ${accounts.length}`)).auth);
  return accounts;
}
