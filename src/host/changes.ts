/** The order of changes on a host: what changed is noted, and whoever asks is answered as soon as there is something. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Changes, Cursor } from "./host.ts";

/** How many changes are remembered; whoever is further behind looks at everything. */
const MOST = 10_000;

export class ChangeLog {
  /** A cursor of another log, such as of before a restart, is known by it. */
  readonly #name = randomUUID();
  readonly #objects: string[] = [];
  readonly #bell = new EventTarget();
  /** The place of the first object that is remembered. */
  #first = 0;

  /** Something about the object changed. */
  note(object: string): void {
    this.#objects.push(object);
    if (this.#objects.length > MOST) this.#first += this.#objects.splice(0, MOST / 2).length;
    this.#bell.dispatchEvent(new Event("change"));
  }

  /** As `Host.changes` says. */
  async since(cursor: Cursor | null, signal: AbortSignal): Promise<Changes> {
    if (cursor === null) return { cursor: this.#cursor(), objects: null };
    const [name, text] = cursor.split("/");
    const place = Number(text);
    if (name !== this.#name || !(place >= this.#first)) return { cursor: this.#cursor(), objects: null };
    signal.throwIfAborted();
    while (place >= this.#first + this.#objects.length) await once(this.#bell, "change", { signal });
    return { cursor: this.#cursor(), objects: [...new Set(this.#objects.slice(place - this.#first))] };
  }

  #cursor(): Cursor {
    return `${this.#name}/${this.#first + this.#objects.length}`;
  }
}
