/**
 * Where URLs led to: who polls asks for the same ones again and again, and finding a route costs four times what looking
 * it up does. Routes never change once the server is made, so what was found holds.
 */

/** How many URLs are known, each of so many characters at most; then all are forgotten. */
const MOST_URLS = 1_000;
const MOST_CHARACTERS = 200;

export class KnownRoutes<Found> {
  readonly #byMethod = new Map<string, Map<string, Found>>();
  #count = 0;

  find(method: string, url: string): Found | undefined {
    return this.#byMethod.get(method)?.get(url);
  }

  /** @param method one that a route takes: callers can write any */
  remember(method: string, url: string, found: Found): void {
    if (url.length > MOST_CHARACTERS) return;
    if (this.#count === MOST_URLS) {
      this.#byMethod.clear();
      this.#count = 0;
    }
    const byUrl = this.#byMethod.get(method) ?? new Map<string, Found>();
    if (!byUrl.has(url)) this.#count++;
    this.#byMethod.set(method, byUrl.set(url, found));
  }
}
