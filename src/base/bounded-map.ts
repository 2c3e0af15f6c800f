/** A map whose values come to a bounded size: then those that were set longest ago make way. */

/** What share of the bound is left then: a map is slow to find its first entry where many before that were deleted. */
const LEFT = 3 / 4;

export class BoundedMap<Key, Value> {
  readonly #most: number;
  readonly #entries = new Map<Key, { readonly value: Value; readonly size: number }>();
  #size = 0;

  /** @param most what all sizes may come to */
  constructor(most: number) {
    this.#most = most;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Sets a key's value, which is the last one set then. */
  set(key: Key, value: Value, size: number): void {
    this.#delete(key);
    this.#entries.set(key, { value, size });
    this.#size += size;
    if (this.#size > this.#most) this.#makeRoom();
  }

  #makeRoom(): void {
    for (const first of this.#entries.keys()) {
      if (this.#size <= this.#most * LEFT) return;
      this.#delete(first);
    }
  }

  #delete(key: Key): void {
    this.#size -= this.#entries.get(key)?.size ?? 0;
    this.#entries.delete(key);
  }
}
