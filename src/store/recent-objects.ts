/**
 * Objects as they were read of their rows and committed. A row's revision grows with every change of it, whichever process
 * makes it: what was read of a revision holds for that. Who polls all of theirs finds most of them unchanged.
 */
import { BoundedMap } from "../base/bounded-map.ts";
import { pagesOf } from "../base/pages.ts";
import { type Soon, whenThere } from "../base/soon.ts";

/** What the kept objects of one kind come to, each counted with what it takes however short its row is; then those that were read first make way. */
const MOST_CHARACTERS = 16 * 1024 * 1024;
const CHARACTERS_EACH = 512;

/** What tells one reading of a row from another. */
export type Revision = { readonly uuid: string; readonly revision: number; readonly generation: number };

/** An object, of which revision it is, and how long what was read for it is. */
type Kept<Read> = Omit<Revision, "uuid"> & { readonly object: Read; readonly characters: number };

export type PageParams = { readonly user: string; readonly after: number; readonly most: number };
/** Rows of a user behind a serial number, in their order. */
type ReadPage<Row> = (params: PageParams) => Soon<readonly (Row & { readonly serial: number })[]>;

/** How objects of a kind are read. */
type Reading<Row, Read> = {
  /** What a row tells. Errors: what it likes, and nothing is kept. */
  readonly read: (row: Row) => Read;
  /** How long the columns are that may be long. */
  readonly charactersIn: (row: Row) => number;
  /** Others are read anew each time. No uuid of one that is kept may ever be another object's. */
  readonly isKept: (row: Row) => boolean;
};

/** One of a page: what was read of its row, or what stands for that. */
type Entry<Item> = { readonly serial: number; readonly object: Item; readonly characters: number };

export class RecentObjects<Row extends Revision, Read> {
  readonly #reading: Reading<Row, Read>;
  readonly #kept = new BoundedMap<string, Kept<Read>>(MOST_CHARACTERS);

  constructor(reading: Reading<Row, Read>) {
    this.#reading = reading;
  }

  /** What the row tells: what was read of it before, where its revision is the same. Errors: those of reading it. */
  of(row: Row): Read {
    const { read, charactersIn, isKept } = this.#reading;
    if (!isKept(row)) return read(row);
    const known = this.#known(row);
    if (known !== null) return known.object;
    const object = read(row);
    const characters = charactersIn(row);
    const { uuid, revision, generation } = row;
    this.#kept.set(uuid, { revision, generation, object, characters }, CHARACTERS_EACH + characters);
    return object;
  }

  /**
   * A user's objects in pages. Of a page of which all are known by their revisions nothing else is read.
   *
   * @param revisions as `rows`, of the revisions alone
   * @param item what stands for a row of a page; it reads that by `of`
   */
  pages<Item>(
    user: string,
    { revisions, rows }: { readonly revisions: ReadPage<Revision>; readonly rows: ReadPage<Row> },
    item: (row: Row) => Item,
  ): AsyncGenerator<readonly Entry<Read | Item>[]> {
    const page = (params: PageParams) =>
      whenThere(revisions(params), (all): Soon<readonly Entry<Read | Item>[]> => {
        const known = this.#allKnown(all);
        if (known !== null) return known;
        return whenThere(rows(params), (found) =>
          found.map((row) => ({
            ...{ serial: row.serial, object: item(row) },
            characters: this.#reading.charactersIn(row),
          })),
        );
      });
    return pagesOf(
      (after, most) => page({ user, after, most }),
      ({ characters }) => characters,
    );
  }

  #allKnown(revisions: readonly (Revision & { readonly serial: number })[]): readonly Entry<Read>[] | null {
    const known: Entry<Read>[] = [];
    for (const revision of revisions) {
      const kept = this.#known(revision);
      if (kept === null) return null;
      known.push({ serial: revision.serial, object: kept.object, characters: kept.characters });
    }
    return known;
  }

  #known({ uuid, revision, generation }: Revision): Kept<Read> | null {
    const kept = this.#kept.get(uuid);
    return kept?.revision === revision && kept.generation === generation ? kept : null;
  }
}
