/**
 * What the events of a run amount to. When the run's limit comes, Node ends the files that run and tells of them, and
 * of all that were not begun, as failed tests: these are taken out of the stream, and are files not run.
 */
import { relative, resolve } from "node:path";
import type { EventData } from "node:test";
import type { TestEvent } from "node:test/reporters";
import type { Outcome } from "./outcome.ts";

/** Which lines of which files ran. */
export type CoverageSummary = EventData.TestCoverage["summary"];

export class Tally {
  readonly #root: string;
  readonly #membersOf: (file: string) => readonly string[];
  readonly #notRun = new Set<string>();
  /** Files of the run, each of which Node counts as a test. */
  #cutOff = 0;
  readonly #failedIn = new Set<string>();
  readonly #passedIn = new Map<string, number>();
  #outcome: Omit<Outcome, "notRun"> = { passed: 0, failed: 1 };
  #coverage: CoverageSummary | null = null;

  /**
   * @param root the folder that files are named from
   * @param membersOf the test files that a file of the run stands for
   */
  constructor(root: string, membersOf: (file: string) => readonly string[]) {
    this.#root = root;
    this.#membersOf = membersOf;
  }

  /** Passes on what a reporter is to show. */
  async *pass(events: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent> {
    for await (const event of events) if (this.#isShown(event)) yield event;
  }

  /** What came of the run, once its events have ended. */
  outcome(): Outcome {
    return { ...this.#outcome, notRun: [...this.#notRun] };
  }

  /** The files in which something failed, each with how many of its tests passed. */
  failedFiles(): ReadonlyMap<string, number> {
    return new Map([...this.#failedIn].map((file) => [file, this.#passedIn.get(file) ?? 0]));
  }

  /** Null when it was not measured. */
  coverage(): CoverageSummary | null {
    return this.#coverage;
  }

  #isShown(event: TestEvent): boolean {
    switch (event.type) {
      case "test:coverage":
        this.#coverage = event.data.summary;
        return false;
      case "test:fail":
        if (isCutOff(event.data)) {
          this.#cutOff++;
          for (const file of this.#filesOf(event.data.name)) this.#notRun.add(file);
          return false;
        }
        for (const file of this.#filesOf(event.data.file ?? "")) this.#failedIn.add(file);
        return true;
      case "test:pass":
        this.#notePassed(event.data);
        return true;
      case "test:summary":
        // The summary of everything is the one that bears no file's name.
        if (event.data.file === undefined) this.#count(event.data);
        return true;
      default:
        return true;
    }
  }

  #filesOf(path: string): readonly string[] {
    return this.#membersOf(relative(this.#root, path));
  }

  #notePassed({ file, details, skip, todo }: EventData.TestPass): void {
    if (file === undefined || details.type === "suite" || skip !== undefined || todo !== undefined) return;
    const path = relative(this.#root, file);
    this.#passedIn.set(path, (this.#passedIn.get(path) ?? 0) + 1);
  }

  #count({ counts, success }: EventData.TestSummary): void {
    const failed = counts.tests - counts.passed - counts.skipped - counts.todo - this.#cutOff;
    const isWrong = !success && this.#notRun.size === 0;
    this.#outcome = { passed: counts.passed, failed: isWrong ? Math.max(failed, 1) : failed };
  }
}

/** Whether this is a file that the run's signal ended or kept from being begun; each file is a test of that name. */
function isCutOff({ name, file, details }: EventData.TestFail): boolean {
  const { failureType } = details.error as Error & { failureType?: string };
  return failureType === "testAborted" && file !== undefined && resolve(name) === file;
}
