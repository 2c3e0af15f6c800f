/**
 * The audit trail: every command that changes something, and every one by which somebody reads what is another's, in the
 * order in which they came about (accounts: the operator). What changes the store is recorded in the transaction that
 * changes it (`audited-store.ts`); what changes nothing there, before it is answered. Writes of bytes are recorded as their
 * counters are (`writes.ts`). What was refused changed nothing, and is in the log. How much one account adds in a day is
 * bounded (`allowance.ts`), but for an admin's, who may all the same; what their pages read again and again is not an event
 * each time (`recent-reads.ts`).
 */
import type { Command, Request } from "../api/command.ts";
import { backoff } from "../base/backoff.ts";
import { coalesce } from "../base/coalesce.ts";
import { LodgeError } from "../base/errors.ts";
import { StoreFull } from "../base/store-errors.ts";
import type { Store, Tx } from "../store/store.ts";
import { Allowance } from "./allowance.ts";
import { type Asked, type Change, inChange, outsideChange, recordChange, recordEvent } from "./event.ts";
import { RecentReads } from "./recent-reads.ts";
import { Writes } from "./writes.ts";

/** How long an event of written bytes may be in memory alone. */
const FLUSH_AFTER_MS = 200;
/** How long it is waited at most until those are recorded that could not be. */
const LONGEST_PAUSE_MS = 60_000;
/** How many of them are: one more is not waited with. */
const MOST_WRITES = 1_000;

/** Words of paths that name what a command is about; the first that a path has. */
const OBJECTS = [
  ...(["DRIVE", "SERVER", "RESOURCE", "KEY", "SESSION", "USER", "HOST"] as const),
  ...(["SUBSCRIPTION", "WEBHOOK"] as const),
] as const;

export class Trail {
  readonly #store: Store;
  readonly #onTrouble: (error: unknown) => void;
  readonly #flush = coalesce(() => this.#recordWrites());
  readonly #writes: Writes;
  readonly #allowance: Allowance;
  readonly #reads: RecentReads;
  #timer: NodeJS.Timeout | undefined;
  /** How often in a row they could not be recorded. */
  #failed = 0;

  /**
   * @param onTrouble told what could not be recorded after its command had been answered
   * @param now milliseconds of a clock that only goes forward
   */
  constructor(store: Store, onTrouble: (error: unknown) => void, now = () => performance.now()) {
    this.#store = store;
    this.#onTrouble = onTrouble;
    this.#writes = new Writes(now);
    this.#allowance = new Allowance(now);
    this.#reads = new RecentReads(now);
  }

  /** The commands as they are, but for that they leave a trail. */
  follow(commands: readonly Command[]): readonly Command[] {
    return commands.map((command) => {
      const run = (request: Request) => this.#run(command, request);
      return { ...command, run } as Command;
    });
  }

  /** Records what was written before the call. Errors: the store's; it is kept for the next time. */
  flush(): Promise<void> {
    return this.#flush();
  }

  async #recordWrites(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      await this.#writes.record((writes) =>
        outsideChange(() =>
          this.#store.transaction(async (tx) => {
            for (const { asked, outcome } of writes) await recordEvent(tx, asked, outcome);
          }),
        ),
      );
      this.#failed = 0;
    } catch (error) {
      this.#failed++;
      this.#later();
      throw error;
    }
  }

  #run(command: Command, request: Request): unknown {
    const { effect, isAdmins } = command;
    const { user, login } = request.caller;
    if (effect === "changes") return this.#change(command, request);
    if (user === login.user && isAdmins !== true) return command.run(request);
    return this.#read(command, request);
  }

  async #change(command: Command, request: Request): Promise<unknown> {
    const asked = askedBy(command, request);
    const isBounded = request.caller.login.role !== "admin";
    // What is to leave no row counts as recorded from the beginning.
    const isLeftOut = isBounded && !this.#allowance.grants(asked);
    const change: Change = { asked, made: null, hasBegun: false, isRecorded: isLeftOut, isOpen: true };
    const { body, begun } = watched(request.body);
    try {
      const result: unknown = await inChange(change, async () => command.run({ ...request, body }));
      if (change.isRecorded) return result;
      if (command.takes === "bytes") this.#noteWrite(asked, "done");
      else await this.#recordDone(change);
      return result;
    } catch (error) {
      if (isLeftOut) throw error;
      // What is on record as begun came to nothing.
      if (change.isRecorded && change.hasBegun) await this.#recordFailure(change, error);
      // A write that breaks off has changed what came until then.
      else if (begun()) this.#noteWrite(asked, outcomeOf(error));
      throw error;
    } finally {
      change.isOpen = false;
      if (isBounded && !isLeftOut && change.isRecorded) this.#allowance.spend(asked);
    }
  }

  /**
   * Records what changed nothing in the store, such as a reset, or a stop of what is stopped. It takes none of the room that
   * is kept for what ends things: without any other it is told of, since it has been done.
   */
  async #recordDone(change: Change): Promise<void> {
    try {
      const record = (tx: Tx) => recordChange(tx, change);
      await outsideChange(() => this.#store.transaction(record, { grows: true }));
      change.isRecorded = true;
    } catch (error) {
      if (!(error instanceof StoreFull)) throw error;
      this.#onTrouble(error);
    }
  }

  async #recordFailure(change: Change, error: unknown): Promise<void> {
    await outsideChange(() =>
      this.#store.transaction((tx) => recordChange(tx, change, outcomeOf(error))).catch(this.#onTrouble),
    );
  }

  /** What somebody reads of another's is on record before it is answered. */
  async #read(command: Command, request: Request): Promise<unknown> {
    const asked = askedBy(command, request);
    const mark = this.#reads.markOf(request.caller.login, asked);
    const result: unknown = await command.run(request);
    if (this.#reads.has(mark)) return result;
    await this.#store.transaction((tx) => recordEvent(tx, asked, "done"), { grows: true });
    this.#reads.note(mark);
    return result;
  }

  #noteWrite(asked: Asked, outcome: string): void {
    if (!this.#writes.note({ asked, outcome })) return;
    this.#allowance.spend(asked);
    if (this.#writes.due >= MOST_WRITES && this.#failed === 0) void this.flush().catch(this.#onTrouble);
    else this.#later();
  }

  #later(): void {
    const pauseMs = backoff(this.#failed + 1, FLUSH_AFTER_MS, LONGEST_PAUSE_MS);
    this.#timer ??= setTimeout(() => this.flush().catch(this.#onTrouble), pauseMs).unref();
  }
}

const outcomeOf = (error: unknown): string => (error instanceof LodgeError ? error.code : "system");

/** The body, and whether its bytes were begun to be taken. */
function watched(body: Request["body"]): { readonly body: Request["body"]; begun(): boolean } {
  let isBegun = false;
  if (body === null) return { body, begun: () => false };
  const take: Request["body"] = async (mostBytes) => {
    const came = await body(mostBytes);
    const iterate = () => {
      isBegun = true;
      return came.bytes[Symbol.asyncIterator]();
    };
    const { lengthBytes } = came;
    return { lengthBytes, bytes: { [Symbol.asyncIterator]: iterate }, release: () => came.release() };
  };
  return { body: take, begun: () => isBegun };
}

function askedBy({ path }: Command, { caller, address, params }: Request): Asked {
  const named = OBJECTS.find((word) => params[word] !== undefined);
  return {
    ...{ user: caller.user, actor: caller.login.user, key: caller.login.key, address, command: path },
    object: named === undefined ? "" : (params[named] ?? "").toLowerCase(),
  };
}
