/** How long each file of a run took, from its process's start to its end, and which took longest. */
import { relative, resolve } from "node:path";
import type { TestEvent } from "node:test/reporters";

/** As many files are named. */
const NAMED_FILES = 25;

export class FileTimes {
  readonly #root: string;
  readonly #ms = new Map<string, number>();

  /** @param root the folder that files are named from */
  constructor(root: string) {
    this.#root = root;
  }

  /** Passes all on, and notes the files that end: each is a test that bears its file's name. */
  async *pass(events: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent> {
    for await (const event of events) {
      if (event.type === "test:complete" && event.data.file === resolve(event.data.name)) {
        this.#ms.set(relative(this.#root, event.data.file), event.data.details.duration_ms);
      }
      yield event;
    }
  }

  /** A line for each of the files that took longest, the longest first; none where there was one file alone. */
  lines(): string[] {
    if (this.#ms.size < 2) return [];
    const slowest = [...this.#ms].toSorted(([, one], [, other]) => other - one).slice(0, NAMED_FILES);
    return [
      `ℹ files that took longest, of ${this.#ms.size}:`,
      ...slowest.map(([file, ms]) => `${(ms / 1000).toFixed(1).padStart(7)} s  ${file}`),
    ];
  }
}
