/**
 * An upload of a file onto a drive of the same size: in pieces, two at once, each tried again where it does not arrive; pieces of
 * zeroes are left out, which a new drive reads as anyway. How far it came is kept in the browser, so that it goes on after a reload
 * once the same file is chosen; each account has its own.
 */
import { change, readBytes, writeBytes } from "../api/client.ts";
import { ApiError } from "../api/errors.ts";
import type { Drive } from "../api/objects.ts";
import { Packing } from "./packing.ts";

const PIECE_BYTES = 4 * 1024 * 1024;
const AT_ONCE = 2;
const MOST_TRIES = 6;
const FIRST_WAIT_MS = 500;
/** Over how long the rate is reckoned. */
const RATE_MS = 10_000;
/** What is kept is so of the account whose uuid follows: of others' files nobody is told. */
const KEPT = "lodge:upload:";

/** What is kept of an upload that is not done: which file, which drive, and how many pieces from its beginning are there. */
export type Kept = {
  readonly file: string;
  readonly bytes: number;
  readonly modified: number;
  readonly drive: string;
  readonly pieces: number;
};

export type Progress = {
  readonly state: "idle" | "running" | "done" | "failed" | "cancelled";
  readonly file: string;
  readonly drive: string | null;
  readonly totalBytes: number;
  readonly doneBytes: number;
  readonly zeroBytes: number;
  /** Bytes that were left out because pieces were gzipped. */
  readonly savedBytes: number;
  /** Bytes a second, null while it is not known. */
  readonly rate: number | null;
  /** Which try of a piece is under way, where it is not the first. */
  readonly attempt: number;
  readonly error: unknown;
};

const IDLE: Progress = {
  ...{ state: "idle", file: "", drive: null, totalBytes: 0, doneBytes: 0, zeroBytes: 0, savedBytes: 0 },
  ...{ rate: null, attempt: 0, error: null },
};

class Upload {
  #progress = IDLE;
  #abort = new AbortController();
  #packing = new Packing();
  #samples: { readonly atMs: number; readonly bytes: number }[] = [];
  readonly #listeners = new Set<() => void>();

  readonly progress = () => this.#progress;

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** Makes the drive, or goes on with the one of that account's upload that was interrupted, and sends what is not there. */
  async run(user: string, file: File, name: string): Promise<void> {
    if (this.#progress.state === "running") return;
    this.#abort = new AbortController();
    this.#packing = new Packing();
    this.#samples = [];
    this.#set({ ...IDLE, state: "running", file: file.name, totalBytes: file.size });
    addEventListener("beforeunload", askBeforeLeaving);
    try {
      const kept = await this.#resumable(user, file);
      const drive = kept?.drive ?? (await made(name, file.size));
      this.#set({ drive, doneBytes: Math.min((kept?.pieces ?? 0) * PIECE_BYTES, file.size) });
      await this.#send(user, file, drive, kept?.pieces ?? 0);
      forgetUpload(user);
      this.#set({ state: "done", attempt: 0 });
    } catch (error) {
      const isCancelled = this.#abort.signal.aborted && this.#progress.state === "cancelled";
      this.#abort.abort();
      if (!isCancelled) this.#set({ state: "failed", error, attempt: 0 });
    } finally {
      this.#packing.close();
      removeEventListener("beforeunload", askBeforeLeaving);
    }
  }

  cancel(): void {
    if (this.#progress.state !== "running") return;
    this.#set({ state: "cancelled", attempt: 0 });
    this.#abort.abort();
  }

  reset(): void {
    if (this.#progress.state !== "running") this.#set(IDLE);
  }

  /** What is kept of the very file, where its last piece is on the drive as it is in the file; null else. */
  async #resumable(user: string, file: File): Promise<Kept | null> {
    const kept = keptUpload(user);
    if (kept === null || !isOf(kept, file)) return null;
    if (kept.pieces === 0) return (await isThere(kept.drive)) ? kept : null;
    const start = (kept.pieces - 1) * PIECE_BYTES;
    const piece = file.slice(start, start + PIECE_BYTES);
    try {
      const there = await readBytes(`drives/${kept.drive}/read/${start}/${piece.size}`, this.#abort.signal);
      return areSame(new Uint8Array(there), new Uint8Array(await piece.arrayBuffer())) ? kept : null;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  }

  async #send(user: string, file: File, drive: string, from: number): Promise<void> {
    const pieces = Math.ceil(file.size / PIECE_BYTES);
    let next = from;
    let contiguous = from;
    const ended = new Set<number>();
    const note = (there: number) =>
      keep(user, { file: file.name, bytes: file.size, modified: file.lastModified, drive, pieces: there });
    const worker = async () => {
      while (next < pieces) {
        const index = next++;
        await this.#piece(file, drive, index);
        ended.add(index);
        while (ended.delete(contiguous)) contiguous++;
        note(contiguous);
      }
    };
    note(from);
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  async #piece(file: File, drive: string, index: number): Promise<void> {
    const offset = index * PIECE_BYTES;
    const piece = file.slice(offset, offset + PIECE_BYTES);
    const isZero = isAllZero(new Uint8Array(await piece.arrayBuffer()));
    if (!isZero) await this.#sendPiece(`drives/${drive}/write/${offset}`, piece);
    this.#arrived(piece.size, isZero);
  }

  async #sendPiece(path: string, piece: Blob): Promise<void> {
    const { signal } = this.#abort;
    const packed = await this.#packing.pack(piece);
    const sent = packed ?? piece;
    for (let attempt = 1; ; attempt++) {
      try {
        const began = performance.now();
        await writeBytes(path, sent, signal, packed !== null);
        this.#packing.sent(sent.size, performance.now() - began);
        this.#set({ savedBytes: this.#progress.savedBytes + piece.size - sent.size });
        if (attempt > 1) this.#set({ attempt: 0 });
        return;
      } catch (error) {
        if (signal.aborted || attempt === MOST_TRIES || !isWorthAnother(error)) throw error;
        this.#set({ attempt: attempt + 1 });
        await waited(FIRST_WAIT_MS * 2 ** (attempt - 1), signal);
      }
    }
  }

  #arrived(bytes: number, isZero: boolean): void {
    const { doneBytes, zeroBytes } = this.#progress;
    const atMs = performance.now();
    this.#samples = [...this.#samples.filter((sample) => atMs - sample.atMs < RATE_MS), { atMs, bytes }];
    const [first] = this.#samples;
    const lastedMs = first === undefined ? 0 : atMs - first.atMs;
    const sum = this.#samples.slice(1).reduce((total, sample) => total + sample.bytes, 0);
    this.#set({
      doneBytes: doneBytes + bytes,
      zeroBytes: zeroBytes + (isZero ? bytes : 0),
      rate: lastedMs > 0 ? (sum * 1000) / lastedMs : null,
    });
  }

  #set(changed: Partial<Progress>): void {
    this.#progress = { ...this.#progress, ...changed };
    for (const listener of this.#listeners) listener();
  }
}

export const upload = new Upload();

/** The upload of that account that was interrupted, null where there is none. */
export function keptUpload(user: string): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(KEPT + user) ?? "null") as Kept | null;
  } catch {
    return null;
  }
}

export const forgetUpload = (user: string) => localStorage.removeItem(KEPT + user);

const keep = (user: string, kept: Kept) => localStorage.setItem(KEPT + user, JSON.stringify(kept));

const isOf = ({ file, bytes, modified }: Kept, chosen: File) =>
  chosen.name === file && chosen.size === bytes && chosen.lastModified === modified;

async function made(name: string, bytes: number): Promise<string> {
  const { drive } = await change<Drive>("drives/create", { name, size: bytes });
  return drive;
}

async function isThere(drive: string): Promise<boolean> {
  try {
    await readBytes(`drives/${drive}/read/0/1`, new AbortController().signal);
    return true;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  }
}

/** What was refused for what it is stays refused; what broke off, or came too fast, may pass. */
const isWorthAnother = (error: unknown) =>
  !(error instanceof ApiError) || error.status === 429 || error.status === 408 || error.status >= 500;

const waited = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });

function isAllZero(bytes: Uint8Array): boolean {
  const words = new BigUint64Array(bytes.buffer, 0, Math.floor(bytes.length / 8));
  return words.every((word) => word === 0n) && bytes.subarray(words.length * 8).every((byte) => byte === 0);
}

const areSame = (one: Uint8Array, other: Uint8Array) =>
  one.length === other.length && one.every((byte, index) => byte === other[index]);

const askBeforeLeaving = (event: BeforeUnloadEvent) => event.preventDefault();
