/**
 * The lowest generation of each drive that this host still takes: an effect of an intent which a later one has overtaken is
 * refused, and so is one whose generation is closed since it is over. What is remembered outlives the daemon in a small
 * file beside its sockets: a resize or a copy that comes late, or twice, would otherwise destroy what was written since.
 * An effect is late by seconds; after a day it is forgotten.
 */
import { appendFile, readFile } from "node:fs/promises";
import { replaceFile } from "../../base/atomic-file.ts";
import { DAY_S } from "../../base/durations.ts";
import { Outdated } from "../errors.ts";
import type { Generation } from "../host.ts";

/** The most drives that are remembered: those last changed. */
const MOST = 20_000;
const KEPT_SECONDS = DAY_S;
/** The file is written anew when it has so many lines more than there are drives in it. */
const MOST_OLD_LINES = 20_000;

type Seen = { readonly generation: Generation; readonly seconds: number };

/** `written` settles when it is written down, or could not be, and then it is not remembered. */
type Entry = Seen & { readonly written: Promise<void> };

const now = () => Math.floor(Date.now() / 1000);

export class Generations {
  readonly #file: string;
  /** In the order of their last change. */
  readonly #seen = new Map<string, Entry>();
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
    this.ensureNewest(uuid, generation);
    const known = this.#seen.get(uuid);
    await (known?.generation === generation ? known.written : this.#note(uuid, generation));
  }

  /**
   * Takes nothing of the generation any more, nor of those before it, and answers once that is written down. Whoever does
   * not know that it is over finds out, and asks for it anew at a higher one.
   */
  async close(uuid: string, generation: Generation): Promise<void> {
    if (this.highest(uuid) <= generation) await this.#note(uuid, generation + 1);
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
    if (read.generation < (this.#seen.get(uuid)?.generation ?? 0)) return;
    this.#remember(uuid, { ...read, written: Promise.resolve() });
  }

  async #note(uuid: string, generation: Generation): Promise<void> {
    const before = this.#seen.get(uuid);
    const seen = { generation, seconds: now() };
    const written = this.#write(() => appendFile(this.#file, lineOf(uuid, seen), { mode: 0o600 }));
    const entry = { ...seen, written };
    this.#remember(uuid, entry);
    this.#forgetOld();
    try {
      await written;
    } catch (error) {
      // Whoever tries it again is not to be told that it is written down.
      if (this.#seen.get(uuid) === entry) this.#restore(uuid, before);
      throw error;
    }
    this.#lines++;
    if (this.#lines > this.#seen.size + MOST_OLD_LINES) await this.#compact();
  }

  #restore(uuid: string, before: Entry | undefined): void {
    if (before === undefined) this.#seen.delete(uuid);
    else this.#seen.set(uuid, before);
  }

  #remember(uuid: string, entry: Entry): void {
    this.#seen.delete(uuid);
    this.#seen.set(uuid, entry);
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
    await this.#write(() => replaceFile(this.#file, text, { mode: 0o600 }));
  }

  #write(work: () => Promise<void>): Promise<void> {
    const written = this.#written.then(work);
    // Whoever asked for that write gets its error; the next one is tried all the same.
    this.#written = written.catch(() => {});
    return written;
  }
}

const lineOf = (uuid: string, { generation, seconds }: Seen) => `${uuid} ${generation} ${seconds}\n`;
