/** Who listens to which topic in this process. */

const TOPIC = /^[\w:.-]{1,200}$/;

export class Listeners {
  readonly #byTopic = new Map<string, Set<() => void>>();

  /** Returns the function that ends it. */
  add(topic: string, listener: () => void): () => void {
    assertTopic(topic);
    // One function may listen several times, and each time ends by itself.
    const entry = () => listener();
    const listeners = this.#byTopic.get(topic) ?? new Set();
    this.#byTopic.set(topic, listeners.add(entry));
    return () => {
      listeners.delete(entry);
      if (listeners.size === 0 && this.#byTopic.get(topic) === listeners) this.#byTopic.delete(topic);
    };
  }

  notify(topic: string): void {
    assertTopic(topic);
    for (const listener of [...(this.#byTopic.get(topic) ?? [])]) listener();
  }

  tellAll(): void {
    for (const topic of [...this.#byTopic.keys()]) this.notify(topic);
  }
}

function assertTopic(topic: string): void {
  if (!TOPIC.test(topic)) throw new RangeError(`"${topic}" is no topic`);
}
