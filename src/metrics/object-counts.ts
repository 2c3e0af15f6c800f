/**
 * How many servers, drives and imagings there are in each phase. They are counted in the background, a page at a time, and
 * no more often than twice a minute: whoever asks gets the last whole count, at a cost that does not grow with it.
 */
import { atMostEvery } from "../base/at-most-every.ts";
import { pagesOf } from "../base/pages.ts";
import type { Store, Tx } from "../store/store.ts";

const COUNT_EVERY_MS = 30_000;
/** About what a row takes that has a number and a word. */
const ROW_BYTES = 64;

type Row = { readonly serial: number; readonly state: string };

const STATES = {
  servers: ["creating", "stopped", "starting", "active", "destroying"],
  drives: ["creating", "ready", "destroying"],
  imagings: ["queued", "running", "failed"],
} as const;

type Table = keyof typeof STATES;

/** Of each kind how many there are in each state, those in which there is none included. */
export type Counts = { readonly [Kind in Table]: Readonly<Record<(typeof STATES)[Kind][number], number>> };

export class ObjectCounts {
  readonly #count: () => Promise<Counts>;
  #last: Counts | null = null;

  /** @param everyMs how long a count is good for; tests do not wait for so long */
  constructor(store: Pick<Store, "snapshot">, everyMs = COUNT_EVERY_MS) {
    this.#count = atMostEvery(everyMs, async () => {
      this.#last = {
        servers: await countIn(store, "servers"),
        drives: await countIn(store, "drives"),
        imagings: await countIn(store, "imagings"),
      };
      return this.#last;
    });
  }

  /** The last whole count; the first one is waited for. Errors: the store's, of the first. */
  async counts(): Promise<Counts> {
    const counting = this.#count();
    if (this.#last === null) return counting;
    // It is tried again, and that the store does not answer is told elsewhere.
    counting.catch(() => {});
    return this.#last;
  }
}

async function countIn<Kind extends Table>(
  store: Pick<Store, "snapshot">,
  table: Kind,
): Promise<Counts[Kind]> {
  const counts: Record<string, number> = Object.fromEntries(STATES[table].map((state) => [state, 0]));
  const pages = pagesOf<Row>(
    (after, most) => readPage(store, table, after, most),
    () => ROW_BYTES,
  );
  for await (const page of pages) {
    for (const { state } of page) counts[state] = (counts[state] ?? 0) + 1;
  }
  return counts as Counts[Kind];
}

const readPage = (store: Pick<Store, "snapshot">, table: Table, after: number, most: number) =>
  store.snapshot((tx): Promise<Row[]> => {
    const page = { after, most };
    return table === "imagings" ? imagingsIn(tx, page) : phasesIn(tx, table, page);
  });

type Page = { readonly after: number; readonly most: number };

const imagingsIn = (tx: Tx, { after, most }: Page): Promise<Row[]> =>
  tx
    .selectFrom("imagings")
    .select(["serial", "state"])
    .where("serial", ">", after)
    .orderBy("serial")
    .limit(most)
    .execute();

const phasesIn = (tx: Tx, table: "servers" | "drives", { after, most }: Page): Promise<Row[]> =>
  tx
    .selectFrom(table)
    .select(["serial", "phase as state"])
    .where("serial", ">", after)
    .orderBy("serial")
    .limit(most)
    .execute();
