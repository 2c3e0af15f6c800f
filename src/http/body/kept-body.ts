/**
 * Where a gzipped body is kept while it is inflated for its length: in memory where it is little and its caller has a
 * share to spare, else in a file.
 */
import type { Bytes, Owner } from "../../api/command.ts";
import type { GiveBackShare } from "../../base/fair-shares.ts";
import { giveBack } from "../../base/transfer-memory.ts";
import { WRITE_WINDOW_BYTES } from "../../base/transfer-window.ts";
import type { BytesInFlight } from "./bytes-in-flight.ts";
import type { Scratch, ScratchFile } from "./scratch.ts";

/** A body of up to this is kept in memory: the upload tools' chunks of 4 MiB, that did not compress at all. */
const MOST_BYTES_IN_MEMORY = 5 * 2 ** 20;
/** What it inflates to is kept up to this, to be spared inflating it again. */
export const HELD_INFLATED_BYTES = 5 * 2 ** 20;

export type KeptBody = {
  /** Whether what the body inflates to may be kept in memory beside it. */
  readonly inMemory: boolean;
  add(chunk: Uint8Array): void | Promise<void>;
  /** All that was added, once. */
  read(): Bytes;
  /** Nobody reads what is kept any more. */
  forget(): void;
  release(): Promise<void>;
};

export type KeepDependencies = { readonly inFlight: BytesInFlight; readonly scratch: Scratch };

/**
 * A place for a body of so many bytes, and the share of memory for writing what it inflates to. It must be released.
 *
 * Errors: `busy` when the share cannot be had in time; `full` when there is no room for the file. Those of `add`: the same.
 */
export async function keepBody(
  { inFlight, scratch }: KeepDependencies,
  caller: Owner,
  lengthBytes: number,
): Promise<KeptBody> {
  if (lengthBytes <= MOST_BYTES_IN_MEMORY) {
    const giveBack = inFlight.tryTake(caller, lengthBytes + HELD_INFLATED_BYTES);
    if (giveBack !== null) return new MemoryBody(giveBack);
  }
  const giveBack = await inFlight.take(caller, WRITE_WINDOW_BYTES);
  try {
    return new FileBody(await scratch.open(caller, lengthBytes), giveBack);
  } catch (error) {
    giveBack();
    throw error;
  }
}

class MemoryBody implements KeptBody {
  readonly inMemory = true;
  readonly #giveBack: GiveBackShare;
  #chunks: Uint8Array[] = [];

  constructor(giveBackShare: GiveBackShare) {
    this.#giveBack = giveBackShare;
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
  }

  async *read(): AsyncGenerator<Uint8Array> {
    yield* this.#chunks;
  }

  forget(): void {
    // A small chunk may lie in memory that it shares with others, such as Buffer's pool: that stays.
    this.#chunks.forEach(giveBack);
    this.#chunks = [];
  }

  async release(): Promise<void> {
    this.#chunks = [];
    this.#giveBack();
  }
}

class FileBody implements KeptBody {
  readonly inMemory = false;
  readonly #file: ScratchFile;
  readonly #giveBack: GiveBackShare;

  constructor(file: ScratchFile, giveBackShare: GiveBackShare) {
    this.#file = file;
    this.#giveBack = giveBackShare;
  }

  add(chunk: Uint8Array): Promise<void> {
    return this.#file.write(chunk);
  }

  read(): Bytes {
    return this.#file.read();
  }

  forget(): void {
    // It takes no memory.
  }

  async release(): Promise<void> {
    await this.#file.close().finally(this.#giveBack);
  }
}
