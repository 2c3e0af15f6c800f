/**
 * The uids of a cloud: one for each server while it runs, out of a range that is the cloud's. Whose each is, is on record by
 * the group of the folder of sockets in the server's run directory: so it is given to nobody else until that run is
 * forgotten, whatever became of the daemon. What works on drives is given others from the range's end.
 */
import { full, usage } from "../../base/errors.ts";
import { runDirectory, serversWithDirectory, uidOf } from "./run-directory.ts";

/** From the first to the last of them. */
export type UidRange = { readonly first: number; readonly last: number };

/** Errors: `usage`, one of these uids, by whose they are, is in the range. */
export function keepOut({ first, last }: UidRange, others: Readonly<Record<string, number | null>>): void {
  for (const [whose, uid] of Object.entries(others)) {
    if (uid !== null && first <= uid && uid <= last)
      throw usage(
        `the uids for servers (LODGE_UIDS), ${first}-${last}, hold ${uid}, which is that of ${whose}`,
      );
  }
}

/** The uids of a host, of which those are taken that an earlier daemon gave out. `servers` may not be there yet. */
export async function openUids(servers: string, range: UidRange): Promise<Uids> {
  const uids = new Uids(range);
  for (const uuid of await serversWithDirectory(servers).catch(none)) {
    const uid = await uidOf(runDirectory(servers, uuid)).catch(() => null);
    if (uid !== null) uids.adopt(uuid, uid);
  }
  return uids;
}

function none(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT") return [];
  throw error;
}

export class Uids {
  readonly #range: UidRange;
  readonly #takenBy = new Map<string, number>();
  readonly #taken = new Set<number>();
  /** Where the search for a free one begins: one that was given back stays unused for as long as it can. */
  #next: number;
  /** The same, downwards, for those that are given from the end. */
  #nextFromEnd: number;

  constructor(range: UidRange) {
    this.#range = range;
    this.#next = range.first;
    this.#nextFromEnd = range.last;
  }

  /** A uid for the server, the same one for as long as it keeps it. Errors: `full`, all are taken. */
  take(server: string): number {
    const known = this.#takenBy.get(server);
    if (known !== undefined) return known;
    const [uid] = this.upcoming(1);
    if (uid === undefined) throw noneLeft();
    this.#enter(server, uid);
    this.#pass(uid);
    return uid;
  }

  /** A server has it already, from an earlier daemon. One out of another range is given to nobody else either. */
  adopt(server: string, uid: number): void {
    this.giveBack(server);
    this.#enter(server, uid);
    this.#pass(uid);
  }

  /** Its run is forgotten, and nothing that belonged to the uid is left. Repeating it does nothing. */
  giveBack(server: string): void {
    const uid = this.#takenBy.get(server);
    if (uid === undefined) return;
    this.#takenBy.delete(server);
    this.#taken.delete(uid);
  }

  /** Those that are given out next, in their order, as far as so many are free. */
  upcoming(count: number): number[] {
    const { first, last } = this.#range;
    const size = last - first + 1;
    const free: number[] = [];
    for (let step = 0; step < size && free.length < count; step++) {
      const uid = first + ((this.#next - first + step) % size);
      if (!this.#taken.has(uid)) free.push(uid);
    }
    return free;
  }

  /** Those of what is no server, each by a name of its own, from the range's end: those that come next for servers stay so. */
  readonly fromEnd = {
    take: (name: string): number => {
      const uid = this.#takenBy.get(name) ?? this.#lastFree();
      if (uid === undefined) throw noneLeft();
      this.#enter(name, uid);
      return uid;
    },
    adopt: (name: string, uid: number): void => {
      this.giveBack(name);
      this.#enter(name, uid);
    },
    giveBack: (name: string): void => this.giveBack(name),
  };

  #lastFree(): number | undefined {
    const { first, last } = this.#range;
    const size = last - first + 1;
    for (let step = 0; step < size; step++) {
      const uid = last - ((last - this.#nextFromEnd + step) % size);
      if (this.#taken.has(uid)) continue;
      this.#nextFromEnd = uid === first ? last : uid - 1;
      return uid;
    }
    return undefined;
  }

  #enter(name: string, uid: number): void {
    this.#takenBy.set(name, uid);
    this.#taken.add(uid);
  }

  #pass(uid: number): void {
    const { first, last } = this.#range;
    if (uid >= first && uid <= last) this.#next = uid === last ? first : uid + 1;
  }
}

const noneLeft = () => full("no_uid_left", "all uids of this host are in use");
