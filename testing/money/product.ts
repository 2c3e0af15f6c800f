/**
 * The product of a history: a daemon on a simulated machine, whose clock and crashes the history has in its hands. What it
 * holds is read from its store's own rows of servers, drives and resources, never from what it has counted.
 */
import type Database from "better-sqlite3";
import { DEFAULT_TERMS } from "../../src/accounts/funds/rule.ts";
import { createUser } from "../../src/accounts/users.ts";
import type { Command, Role } from "../../src/api/command.ts";
import type { InputValue, Properties } from "../../src/api/properties.ts";
import { busy, LodgeError } from "../../src/base/errors.ts";
import type { UserId } from "../../src/base/ids.ts";
import { noteTransfer } from "../../src/metering/transfers.ts";
import { DISK_RESERVE_BYTES } from "../../src/placement/drives.ts";
import { callerOf } from "../http/accounts.ts";
import { type Effect, emptyMachine } from "../simulated/machine.ts";
import { endRun } from "../simulated/servers.ts";
import { type AllRecords, RecordReader } from "../simulation/records.ts";
import { type Daemon, openDaemon } from "../state-daemon.ts";
import { withTransactions } from "../transactions.ts";
import type { Crash } from "./acts.ts";
import { commandsOf } from "./commands.ts";
import type { Event } from "./events.ts";
import type { Recorded, Told } from "./funds.ts";
import type { Terms } from "./keep.ts";
import { type MemoryStore, openMemoryStore } from "./memory-store.ts";
import type { Charged } from "./model.ts";
import type { ShownEntry } from "./shown-entry.ts";

const DAY_S = 86_400;
const DISK_BYTES = DISK_RESERVE_BYTES + 64 * 2 ** 20;
/** When histories begin, in seconds since the epoch. */
export const BEGIN = Date.UTC(2031, 0, 1) / 1000;

const LEDGER = `select kind, cast(amount as text) as amount, cast(balance as text) as balance, resource, "from", "to"
  from ledger where user = ? and entry > ? order by entry`;
const BOUGHT = 'select uuid from subscriptions where user = ? and "from" = ?';
const PAYMENTS = "select time from ledger where user = ? and reference = ?";
const FUNDS = `select status, ended, warned_hours as warned, suspended,
  (select count(*) from warnings where "user" = users.uuid and kind like 'drives:%' and time >= suspended) as drives
  from users left join funds on funds.user = uuid where uuid = ?`;
const TOLD = `select cast(substr(kind, 7) as integer) as hours, count(*) as count, max(time) as last
  from warnings where user = ? and kind like 'funds:%' group by kind order by max(serial)`;
const CHARGED = `select
  (select count(*) from subscriptions where "user" = users.uuid and settled = 1) as settled,
  max((select until from charged), coalesce((select until from meters where "user" = users.uuid), 0)) as until
  from users where uuid = ?`;
const EVENTS = "select serial, event, body from deliveries where user = ? and serial > ? order by serial";
const UNDER_WAY = "select exists (select 1 from operations)";
const HOOKS = "select uuid from webhooks";
const WARNINGS = "select serial from warnings where user = ? and kind = ?";
const RENEWALS = "select renew from subscriptions where uuid = ?";
const PRICE_LISTS = "select serial from price_lists";
const SUBSCRIPTIONS = "select uuid from subscriptions where user = ? order by serial";

export type Asked = {
  readonly user: UserId;
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly input?: Readonly<Record<string, InputValue>>;
  readonly role?: Role;
};

/** The daemon was killed at what it was told to be killed at. */
class Killed extends Error {}

/** What the daemon is to be killed at, and who is told. */
type Doom = Crash & { left: number; readonly fulfil: (never: Killed) => void };

export class Product {
  readonly machine = emptyMachine(DISK_BYTES, () => this.now * 1000);
  /** Errors that nobody waited for. */
  readonly troubles: unknown[] = [];
  /** Servers whose guests do not hear of ACPI. */
  readonly deaf = new Set<string>();
  /** Seconds since the epoch: it never goes back. */
  now = BEGIN;
  /** How far the machine's wall clock is ahead of that. */
  wallAheadSeconds = 0;
  /** What the operator has decided, of which a daemon hears as it begins. */
  readonly terms: Terms = { keepDays: 45, destroys: false };
  /** The key that each asks with. */
  readonly #keys = new Map<UserId, string>();
  readonly #store: MemoryStore;
  readonly #reader: RecordReader;
  /** How many rows were changed so far. */
  readonly #changes: Database.Statement<[], number>;
  readonly #isUnderWay: Database.Statement<[], number>;
  /** Whether anything was asked or done since the worker was idle. */
  #isTold = true;
  /** What was read last: it holds until a row is changed. */
  #known: { readonly changes: number; readonly records: AllRecords } | null = null;
  /** By their texts. */
  readonly #statements = new Map<string, Database.Statement>();
  #daemon: Daemon | null = null;
  #commands: ReadonlyMap<string, Command> = new Map();
  #doom: Doom | null = null;
  /** Resolved once the daemon is dead. */
  #burial = Promise.withResolvers<void>();

  private constructor(store: MemoryStore) {
    this.#store = store;
    this.#reader = new RecordReader(store.database);
    this.#changes = store.database.prepare<[], number>("select total_changes()").pluck();
    this.#isUnderWay = store.database.prepare<[], number>(UNDER_WAY).pluck();
  }

  static async open(): Promise<Product> {
    const product = new Product(await openMemoryStore());
    await product.#start();
    return product;
  }

  get daemon(): Daemon {
    if (this.#daemon === null) throw new Error("the daemon is away");
    return this.#daemon;
  }

  async user(name: string): Promise<UserId> {
    const { uuid } = await createUser(this.#store, name);
    const { uuid: key } = await this.#store.snapshot((tx) =>
      tx.selectFrom("api_keys").select("uuid").where("user", "=", uuid).executeTakeFirstOrThrow(),
    );
    this.#keys.set(uuid, key);
    return uuid;
  }

  /** What the store has now, whether a daemon is there or not. */
  records(): AllRecords {
    const changes = this.#changes.get() ?? 0;
    if (this.#known?.changes !== changes) this.#known = { changes, records: this.#reader.read() };
    return this.#known.records;
  }

  /** What the command answers; the code of what it is refused with. Errors: Killed, and whatever is no answer. */
  async ask({ user, path, params = {}, input = {}, role = "user" }: Asked): Promise<Answer> {
    this.#isTold = true;
    const command = this.#commands.get(path);
    if (command === undefined) throw new Error(`there is no command ${path}`);
    const caller = callerOf(user);
    const request = {
      ...{ requestId: "", address: "", params, idempotencyKey: null, body: null },
      caller: { ...caller, role, login: { ...caller.login, role, key: this.#keys.get(user) ?? "" } },
      input: new Map(Object.entries(input)),
    };
    try {
      return { refused: null, objects: await objectsOf(command, request) };
    } catch (error) {
      if (!(error instanceof LodgeError)) throw error;
      return { refused: error, objects: [] };
    }
  }

  /** Does the work, and answers what it does; null where the daemon is killed at that. */
  async untilCrash<T>(crash: Crash | null, work: () => Promise<T>): Promise<T | null> {
    if (crash === null) return work();
    const { promise, reject } = Promise.withResolvers<never>();
    this.#doom = { ...crash, left: crash.at, fulfil: reject };
    try {
      return await Promise.race([work(), promise]);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      return null;
    } finally {
      this.#doom = null;
    }
  }

  /** Leaves the daemon where it stands, as kill -9 does. */
  async kill(): Promise<void> {
    const killed = this.#daemon?.kill();
    this.#daemon = null;
    this.#burial.resolve();
    await killed;
  }

  /** Starts it again, and waits until nothing is under way that can be done now. */
  async restart(): Promise<void> {
    await this.#start();
    await this.settle();
  }

  /** What is done each minute, and what is due by then. Answers what there was as funds were first looked at. */
  async minute(): Promise<AllRecords> {
    await this.settle();
    const seen = this.records();
    // Neither waits for the other.
    await this.#lookAtFunds();
    await this.daemon.charge();
    await this.#lookAtFunds();
    // A suspension of that is told to servers at once.
    if (this.#mayBeAtWork) await this.settle();
    return seen;
  }

  async #lookAtFunds(): Promise<void> {
    const before = this.#changes.get();
    await this.daemon.funds.look();
    if (this.#changes.get() !== before) this.#isTold = true;
  }

  /** Waits until nothing is under way that can be done now, and everything was looked at. */
  async settle(): Promise<void> {
    await this.#idle();
    await this.daemon.look();
    await this.#idle();
  }

  /** Waits until the worker is at nothing. */
  async #idle(): Promise<void> {
    if (this.#mayBeAtWork) await this.daemon.worker.idle();
    this.#isTold = false;
  }

  /** Whether the worker has something to do, or may be about to end what it was told last. */
  get #mayBeAtWork(): boolean {
    return this.#isTold || this.#isUnderWay.get() === 1;
  }

  /** The account's servers exchange so many bytes with the outside. */
  transfer(user: UserId, bytes: number): Promise<void> {
    return this.#store.transaction((tx) => noteTransfer(tx, user, bytes, this.now));
  }

  /** The entries of an account's ledger, but for so many that came first, as they stand in the store. */
  ledgerOf(user: UserId, after: number): readonly ShownEntry[] {
    return this.#rows(LEDGER, user, after) as ShownEntry[];
  }

  /** The uuids of the account's subscriptions, in the order in which they were made. */
  subscriptionsOf(user: UserId): readonly string[] {
    return (this.#rows(SUBSCRIPTIONS, user) as { uuid: string }[]).map(({ uuid }) => uuid);
  }

  /** How many subscriptions the account bought then. */
  boughtAt(user: UserId, at: number): number {
    return this.#rows(BOUGHT, user, at).length;
  }

  /** When that was paid: a crash may have come before or after. */
  paidAt(user: UserId, reference: string): number {
    const [row] = this.#rows(PAYMENTS, user, reference) as { time: number }[];
    return row?.time ?? this.now;
  }

  /** What was done about the end of the account's funds. */
  fundsOf(user: UserId): Recorded {
    const [row] = this.#rows(FUNDS, user) as Omit<Recorded, "told">[];
    if (row === undefined) throw new Error(`there is no account ${user}`);
    return { ...row, told: this.#rows(TOLD, user) as Told[] };
  }

  /** Up to where the account is charged; null: nobody is. */
  chargedOf(user: UserId): Charged | null {
    const [row] = this.#rows(CHARGED, user) as { until: number | null; settled: number }[];
    return row?.until == null ? null : { until: row.until, settled: row.settled };
  }

  /** What the hook is told of the account after that place in the outbox, as it stands there. */
  eventsOf(user: UserId, after: number): readonly (Event & { readonly serial: number })[] {
    const rows = this.#rows(EVENTS, user, after) as { serial: number; event: string; body: string }[];
    return rows.map(({ serial, event, body }) => ({ serial, event, data: (JSON.parse(body) as Event).data }));
  }

  get hasHook(): boolean {
    return this.#rows(HOOKS).length > 0;
  }

  /** How often the account was warned of that. */
  warningsOf(user: UserId, kind: string): number {
    return this.#rows(WARNINGS, user, kind).length;
  }

  /** Whether the subscription is to be renewed. */
  renews(subscription: string): boolean {
    const [row] = this.#rows(RENEWALS, subscription) as { renew: number }[];
    return row?.renew === 1;
  }

  /** How many price lists there are and were. */
  priceLists(): number {
    return this.#rows(PRICE_LISTS).length;
  }

  /** Ends the run of a server as its guest does. */
  switchOff(server: string): void {
    endRun(this.machine, server);
  }

  async close(): Promise<void> {
    await this.#daemon?.close();
    await this.#store.close();
  }

  async #start(): Promise<void> {
    const daemon = await openDaemon({
      store: withTransactions(this.#store, (work, options) =>
        this.#passing(() => this.#store.transaction(work, options)),
      ),
      machine: this.machine,
      before: (effect, uuid) => this.#before(effect, uuid),
      alone: true,
      now: () => (this.now + this.wallAheadSeconds) * 1000,
      clock: { now: () => this.now },
      terms: { ...DEFAULT_TERMS, keepS: this.terms.keepDays * DAY_S, destroysDrives: this.terms.destroys },
      onTrouble: (error) => this.troubles.push(error),
    });
    this.#daemon = daemon;
    this.#isTold = true;
    this.#burial = Promise.withResolvers();
    this.#commands = commandsOf(daemon);
  }

  #rows(sql: string, ...values: readonly unknown[]): readonly unknown[] {
    const statement = this.#statements.get(sql) ?? this.#store.database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement.all(...values);
  }

  async #before(effect: Effect, uuid: string): Promise<void> {
    if (effect === "power down" && this.deaf.has(uuid)) throw busy("in_progress", "its guest hears nothing");
    await this.#passing(async () => {});
  }

  /** Something that a daemon may be killed at: before it, or once it is done. */
  async #passing<T>(work: () => Promise<T>): Promise<T> {
    const doom = this.#doom;
    if (doom === null || --doom.left !== 0) return work();
    this.#doom = null;
    const done = doom.isDone ? await work() : null;
    doom.fulfil(new Killed());
    // Whoever is dead by then hears nothing of it.
    await this.#burial.promise;
    if (done === null) throw new Killed();
    return done;
  }
}

export type Answer = { readonly refused: LodgeError | null; readonly objects: readonly Properties[] };

async function objectsOf(
  command: Command,
  request: Parameters<Command["run"]>[0],
): Promise<readonly Properties[]> {
  if (command.returns === "bytes") throw new Error(`${command.path} answers bytes`);
  const answer = await command.run(request);
  if (command.returns === "nothing") return [];
  if (command.returns === "properties") return [answer as Properties];
  const objects: Properties[] = [];
  for await (const page of answer as AsyncIterable<readonly Properties[]>) objects.push(...page);
  return objects;
}
