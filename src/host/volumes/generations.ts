/**
 * The highest generation of each drive that this host has seen, so that an effect of an intent which a later one has
 * overtaken is refused. What is remembered outlives the daemon in a small file beside its sockets: a resize or a copy that is
 * late would otherwise destroy, after a restart, what was written since. An effect is late by seconds; after a day it is forgotten.
 */
import { appendFile, readFile } from "node:fs/promises";
import { replaceFile } from "../../base/atomic-file.ts";
import { Outdated } from "../errors.ts";
import type { Generation } from "../host.ts";

/** The most drives that are remembered: those last changed. */
const MOST = 20_000;
const KEPT_SECONDS = 24 * 3600;
/** The file is written anew when it has so many lines more than there are drives in it. */
const MOST_OLD_LINES = 20_000;

type Seen = { readonly generation: Generation; readonly seconds: number };

const now = () => Math.floor(Date.now() / 1000);

export class Generations {
  readonly #file: string;
  /** In the order of their last change. */
  readonly #seen = new Map<string, Seen>();
  #lines = 0;
  /** One write after the other. */
  #written: Promise<void> = Promise.resolve();

  private constructor(file: string) {
    this.#file = file;
  }

  /** @param file need not be there; a line of it that cannot be read is passed over */
  static async open(file: string): Promise<Generations> {
    const generations = new Generations(file);
    const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      return "";
    });
    for (const line of text.split("\n")) generations.#read(line);
    generations.#forgetOld();
    await generations.#compact();
    return generations;
  }

  /** Remembers the generation, and answers once it is written down. Errors: Outdated where a higher one was seen. */
  async take(uuid: string, generation: Generation): Promise<void> {
    const seen = this.#seen.get(uuid)?.generation ?? Number.NEGATIVE_INFINITY;
    this.ensureNewest(uuid, generation);
    if (generation === seen) return this.#written;
    const seconds = now();
    this.#remember(uuid, { generation, seconds });
    this.#forgetOld();
    await this.#write(() => appendFile(this.#file, lineOf(uuid, { generation, seconds }), { mode: 0o600 }));
    this.#lines++;
    if (this.#lines > this.#seen.size + MOST_OLD_LINES) await this.#compact();
  }

  /** Errors: Outdated where a higher one was seen meanwhile. */
  ensureNewest(uuid: string, generation: Generation): void {
    const seen = this.#seen.get(uuid)?.generation;
    if (seen !== undefined && generation < seen) throw new Outdated(uuid, generation, seen);
  }

  /** The highest that was seen of the drive, 0 where none is remembered. */
  highest(uuid: string): Generation {
    return this.#seen.get(uuid)?.generation ?? 0;
  }

  #read(line: string): void {
    const [uuid = "", generation, seconds] = line.split(" ");
    const read = { generation: Number(generation), seconds: Number(seconds) };
    // A line that a crash cut off has no seconds, or fewer digits of them: then it is old.
    if (uuid === "" || !Number.isSafeInteger(read.generation) || !(read.seconds > 0)) return;
    if (read.generation >= (this.#seen.get(uuid)?.generation ?? 0)) this.#remember(uuid, read);
  }

  #remember(uuid: string, seen: Seen): void {
    this.#seen.delete(uuid);
    this.#seen.set(uuid, seen);
  }

  #forgetOld(): void {
    for (const [uuid, { seconds }] of this.#seen) {
      if (this.#seen.size <= MOST && seconds > now() - KEPT_SECONDS) return;
      this.#seen.delete(uuid);
    }
  }

  async #compact(): Promise<void> {
    const text = [...this.#seen].map(([uuid, seen]) => lineOf(uuid, seen)).join("");
    this.#lines = this.#seen.size;
    await this.#write(() => replaceFile(this.#file, text, { mode: 0o600, durable: false }));
  }

  #write(work: () => Promise<void>): Promise<void> {
    const written = this.#written.then(work);
    // Whoever asked for that write gets its error; the next one is tried all the same.
    this.#written = written.catch(() => {});
    return written;
  }
}

const lineOf = (uuid: string, { generation, seconds }: Seen) => `${uuid} ${generation} ${seconds}\n`;
