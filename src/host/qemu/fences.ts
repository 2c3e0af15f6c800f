/**
 * Fences: the highest generation that this host has seen of each server, and up to which one it launches none any more.
 * Kept in a small file each, which outlives the run that it is about: a launch may come late by as long as its caller,
 * or the network, was held up. Nothing is held up for an hour.
 */
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { replaceVolatileFileSync } from "../../base/atomic-file.ts";
import { HOUR_MS } from "../../base/durations.ts";
import { parseUuid } from "../../base/ids.ts";
import { Outdated } from "../errors.ts";
import type { Generation } from "../host.ts";

/** How long a fence of a server that has no run is kept. */
const KEEP_MS = HOUR_MS;

const FORM = z.object({ seen: z.number().int(), ended: z.number().int().nullable() });

type Fence = {
  readonly seen: Generation;
  /** The highest generation that an end was asked for with, null when none was. */
  readonly ended: Generation | null;
  readonly changedMs: number;
};

export class Fences {
  readonly #directory: string;
  readonly #fences = new Map<string, Fence>();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Reads those of an earlier daemon. A file that cannot be read is told to `onDamaged`, and counts for nothing. */
  static async open(directory: string, onDamaged: (error: unknown) => void): Promise<Fences> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const fences = new Fences(directory);
    const names = await readdir(directory);
    await Promise.all(names.map((name) => fences.#read(name).catch(onDamaged)));
    return fences;
  }

  /** The highest generation that was seen of the server, 0 when none was. */
  seen(uuid: string): Generation {
    return this.#fences.get(uuid)?.seen ?? 0;
  }

  /** Errors: Outdated, for an effect of a generation below the highest that was seen. */
  check(uuid: string, generation: Generation): void {
    const seen = this.seen(uuid);
    if (generation < seen) throw new Outdated(uuid, generation, seen);
  }

  /** Errors: Outdated, for a launch of a generation below the highest, or up to one that an end was asked for with. */
  checkLaunch(uuid: string, generation: Generation): void {
    this.check(uuid, generation);
    const { ended = null, seen = 0 } = this.#fences.get(uuid) ?? {};
    if (ended !== null && generation <= ended) throw new Outdated(uuid, generation, seen);
  }

  /** From now on lower generations are refused; after a restart as well, once this answers. */
  async raise(uuid: string, generation: Generation): Promise<void> {
    // What an end of a lower one refused is refused by this.
    if (generation > this.seen(uuid)) await this.#write(uuid, generation, null);
  }

  /** The same, and launches of this generation are refused as well. */
  async end(uuid: string, generation: Generation): Promise<void> {
    const { seen = 0, ended = null } = this.#fences.get(uuid) ?? {};
    const [higher, last] = [Math.max(seen, generation), Math.max(ended ?? 0, generation)];
    if (higher !== seen || last !== ended) await this.#write(uuid, higher, last);
  }

  /** Forgets those that have served their time, of servers that have no run. */
  async forgetOld(hasRun: (uuid: string) => boolean): Promise<void> {
    const old = [...this.#fences].filter(
      ([uuid, { changedMs }]) => Date.now() - changedMs > KEEP_MS && !hasRun(uuid),
    );
    for (const [uuid, fence] of old) {
      // Whoever raises it in between has a new one.
      if (this.#fences.get(uuid) !== fence) continue;
      this.#fences.delete(uuid);
      await rm(this.#file(uuid), { force: true });
    }
  }

  async #read(name: string): Promise<void> {
    const uuid = parseUuid(name.slice(0, -".json".length));
    // What a daemon left that died while it wrote is no fence.
    if (uuid === null || name !== `${uuid}.json`) return rm(join(this.#directory, name), { force: true });
    const file = this.#file(uuid);
    const { mtimeMs } = await stat(file);
    try {
      const { seen, ended } = FORM.parse(JSON.parse(await readFile(file, "utf8")));
      this.#fences.set(uuid, { seen, ended, changedMs: mtimeMs });
    } catch (cause) {
      throw new Error(`${file} is damaged`, { cause });
    }
  }

  async #write(uuid: string, seen: Generation, ended: Generation | null): Promise<void> {
    // It holds at once, also where the file cannot be written.
    this.#fences.set(uuid, { seen, ended, changedMs: Date.now() });
    const text = JSON.stringify({ seen, ended });
    replaceVolatileFileSync(this.#file(uuid), text, { mode: 0o600 });
  }

  #file(uuid: string): string {
    return join(this.#directory, `${uuid}.json`);
  }
}
