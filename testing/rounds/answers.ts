/** What may be answered while parts of a cloud die: everything else is a fault of the cloud. */
import { DeadlineExceeded, within } from "../../src/base/deadline.ts";
import type { Answer, Asked, Cloud } from "../cloud.ts";

/** What the round did by now to those who ask. */
export type Faults = {
  /** How often the daemon was killed. */
  daemons: number;
  /** It was killed and is not started again yet. */
  isDown: boolean;
  /** The disk was full at some time of the round. */
  full: boolean;
};

/** `doubtful`: nobody was told whether it came about. */
export type Outcome =
  | { readonly came: "done"; readonly answer: Answer }
  | { readonly came: "refused" | "doubtful"; readonly code: string };

/** What is full without the disk being so: other callers had it. */
const TAKEN = new Set(["no_memory_left", "no_cpu_left", "no_free_address", "address_share_taken"]);
/** No command takes longer, whatever is lost meanwhile. */
const DEADLINE_MS = 60_000;

export class Answers {
  readonly #cloud: Cloud;
  readonly #faults: Faults;
  /** How often each came: statuses with codes. */
  readonly counts = new Map<string, number>();
  /** Answers that should not have been given. */
  readonly wrong: string[] = [];

  constructor(cloud: Cloud, faults: Faults) {
    this.#cloud = cloud;
    this.#faults = faults;
  }

  /** Asks, and judges what is answered. */
  async ask(path: string, asked: Asked): Promise<Outcome> {
    const before = this.#faults.daemons;
    const what = `the answer to ${path}`;
    let answer: Answer;
    try {
      answer = await within(DEADLINE_MS, what, this.#cloud.ask(path, asked));
    } catch (error) {
      const wasKilled = this.#faults.isDown || this.#faults.daemons > before;
      const isCut = !(error instanceof DeadlineExceeded) && wasKilled;
      return this.#doubtful(isCut ? null : `${path}: ${reasonOf(error)}`, "cut");
    }
    return this.#judged(path, answer);
  }

  #judged(path: string, answer: Answer): Outcome {
    const { status, headers } = answer;
    const code = headers.get("x-lodge-error") ?? "";
    if (status < 300) {
      this.#count(String(status));
      return { came: "done", answer };
    }
    const fault = `${path}: ${status} ${code}: ${answer.text.trim()}`;
    if (status === 404 || status === 409) return this.#refused(null, `${status} ${code}`);
    if (status === 507) {
      const isExpected = this.#faults.full || TAKEN.has(code);
      return this.#refused(isExpected ? null : fault, `${status} ${code}`);
    }
    const saysWhen = status === 503 && headers.get("retry-after") !== null;
    return this.#doubtful(saysWhen ? null : fault, `${status} ${code}`);
  }

  #refused(fault: string | null, code: string): Outcome {
    return this.#noted(fault, code, "refused");
  }

  #doubtful(fault: string | null, code: string): Outcome {
    return this.#noted(fault, code, "doubtful");
  }

  #noted(fault: string | null, code: string, came: "refused" | "doubtful"): Outcome {
    if (fault !== null) this.wrong.push(fault);
    this.#count(code);
    return { came, code };
  }

  #count(code: string): void {
    this.counts.set(code, (this.counts.get(code) ?? 0) + 1);
  }
}

const reasonOf = (error: unknown) => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
};
