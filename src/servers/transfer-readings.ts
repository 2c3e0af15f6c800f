/**
 * Reading each minute what servers have sent to outside of the cloud and received from there, and noting it for their owners.
 * What an end counts is noted as it is settled (`settle-end.ts`), so that nothing is lost between the last minute and it.
 *
 * A reading is of a moment that is over when it is noted: an end may have been settled meanwhile, and another run begun. So it
 * is noted only where what is recorded is still what this one knew before it read; else the next minute's is.
 */
import type { ServerHost } from "../host/host.ts";
import { bytesSince, notedOf, noteReadings, type Reading } from "../metering/counters.ts";
import type { ServerDependencies } from "./dependencies.ts";

const READ_EVERY_MS = 60_000;
/** Others' transactions go between. */
const SERVERS_AT_ONCE = 200;

export type TransferReadingsOptions = Pick<ServerDependencies, "store" | "hosts" | "clock"> & {
  readonly onTrouble: (error: unknown) => void;
};

export class TransferReadings {
  readonly #options: TransferReadingsOptions;
  /** What is recorded of the servers of each host, as far as this one knows. */
  readonly #known = new Map<string, Map<string, Reading>>();
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | null = null;

  constructor(options: TransferReadingsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.read(), READ_EVERY_MS).unref();
    void this.read();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reading;
  }

  /** Reads and notes once; one who asks meanwhile waits for the same. What fails is told, and read the next time. */
  read(): Promise<void> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    const { hosts, onTrouble } = this.#options;
    for (const [name, { servers }] of hosts) await this.#readHost(name, servers).catch(onTrouble);
  }

  async #readHost(host: string, servers: ServerHost): Promise<void> {
    const before = this.#known.get(host) ?? new Map<string, Reading>();
    const readings = await servers.uplinkCounts();
    const known = new Map([...before].filter(([server]) => readings.has(server)));
    this.#known.set(host, known);
    const fresh = [...readings].filter(
      ([server, reading]) => bytesSince(known.get(server) ?? null, reading) > 0,
    );
    for (let at = 0; at < fresh.length; at += SERVERS_AT_ONCE) {
      await this.#note(known, new Map(fresh.slice(at, at + SERVERS_AT_ONCE)));
    }
  }

  async #note(known: Map<string, Reading>, readings: ReadonlyMap<string, Reading>): Promise<void> {
    const { store, clock } = this.#options;
    const recorded = await store.transaction(async (tx) => {
      const noted = (await notedOf(tx, [...readings.keys()])).flatMap((each) => {
        const reading = readings.get(each.server);
        return reading === undefined ? [] : [{ ...each, reading }];
      });
      const due = noted.filter(({ server, last }) => isSame(known.get(server) ?? null, last));
      await noteReadings(tx, due, clock.now());
      return noted.map((each) => [each.server, due.includes(each) ? after(each) : each.last] as const);
    });
    for (const [server, last] of recorded) {
      if (last === null) known.delete(server);
      else known.set(server, last);
    }
  }
}

/** What is recorded once the reading is noted. */
const after = ({ last, reading }: { last: Reading | null; reading: Reading }) =>
  bytesSince(last, reading) > 0 ? reading : last;

const isSame = (one: Reading | null, other: Reading | null) =>
  one?.counter === other?.counter && one?.bytes === other?.bytes;
