/**
 * Copy jobs: a drive is made to hold what another holds, or what a URL leads to. What it is to hold is written into a staging volume, which
 * takes the place of the drive's when it is whole and on stable storage; until then the drive reads as zeroes. So
 * nothing that is interrupted can be taken for done, and what was in the drive before takes no space meanwhile.
 *
 * A job that was begun is `running` until it is `done` or `failed`, and is known until it is forgotten, another onto the
 * same drive begins, or the drive is destroyed: who was to forget it may never have come to that.
 */
import { backoff } from "../../base/backoff.ts";
import { failed, LodgeError, usage } from "../../base/errors.ts";
import { retry } from "../../base/retry.ts";
import { SourceLost } from "../../download/ask.ts";
import type { JobState } from "../host.ts";
import { type CopyAttempt, type CopyDependencies, type FillJob, runCopy } from "./copy-attempt.ts";
import { diskFull, isOutOfSpace } from "./faults.ts";

/** How often one is begun anew when something is lost on the way. */
const MOST_ATTEMPTS = 8;
/** The same where a source elsewhere is lost: each attempt has waited for it already. */
const MOST_FETCHES = 3;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

type Job = {
  readonly job: FillJob;
  readonly ending: AbortController;
  state: JobState;
  /** Settles when nothing of it goes on any more, whatever came of it. */
  ended: Promise<void>;
  /** Settles when the target reads as zeroes, or the job has ended. */
  underWay: Promise<void>;
};

export type CopyJobsOptions = CopyDependencies & {
  /** A job onto that drive has ended. */
  onChange(uuid: string): void;
};

export class CopyJobs {
  readonly #options: CopyJobsOptions;
  readonly #jobs = new Map<string, Job>();

  constructor(options: CopyJobsOptions) {
    this.#options = options;
  }

  /**
   * Begins the job, unless it was begun before, and answers once the target reads as zeroes or the job has ended. Errors:
   * `busy`; then there is no job.
   */
  async start(job: FillJob): Promise<void> {
    const known = this.#jobs.get(job.id);
    if (known !== undefined) return known.underWay;
    const { table } = this.#options;
    const source = sourceOf(job);
    if (source !== null) table.apply(source, { do: "beginCopyFrom" });
    try {
      table.apply(job.target.uuid, { do: "beginCopyOnto", job: job.id });
    } catch (error) {
      if (source !== null) table.apply(source, { do: "endCopyFrom" });
      throw error;
    }
    this.#forgetEnded(job.target.uuid);
    return this.#begin(job);
  }

  #begin(job: FillJob): Promise<void> {
    const ending = new AbortController();
    const [ended, underWay] = [Promise.resolve(), Promise.resolve()];
    const begun: Job = { job, ending, state: { state: "running", part: 0 }, ended, underWay };
    this.#jobs.set(job.id, begun);
    const { promise: emptied, resolve: onEmptied } = Promise.withResolvers<void>();
    const onProgress = (part: number) => {
      begun.state = { state: "running", part };
    };
    begun.ended = this.#run(begun, { job, signal: ending.signal, onEmptied, onProgress });
    begun.underWay = Promise.race([emptied, begun.ended]);
    return begun.underWay;
  }

  /** How many are under way. */
  get running(): number {
    return [...this.#jobs.values()].filter(({ state }) => state.state === "running").length;
  }

  state(id: string): JobState | null {
    return this.#jobs.get(id)?.state ?? null;
  }

  /** Ends the job where it is under way, and forgets it. Does nothing when there is none. */
  async forget(id: string): Promise<void> {
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    await this.#end(job, "it was forgotten");
    this.#jobs.delete(id);
  }

  /** Ends a job onto the drive, and forgets all onto it. */
  async endOnto(uuid: string): Promise<void> {
    const state = this.#options.table.state(uuid);
    const job = state.is === "imagedOnto" ? this.#jobs.get(state.job) : undefined;
    if (job !== undefined) await this.#end(job, "the drive is destroyed");
    this.#forgetEnded(uuid);
  }

  #forgetEnded(target: string): void {
    for (const [id, { job, state }] of this.#jobs) {
      if (job.target.uuid === target && state.state !== "running") this.#jobs.delete(id);
    }
  }

  /** Ends all jobs. */
  async close(): Promise<void> {
    await Promise.all([...this.#jobs.values()].map((job) => this.#end(job, "Lodge is being stopped")));
  }

  async #end({ job, ending, ended }: Job, why: string): Promise<void> {
    ending.abort(failed(`the copy onto drive ${job.target.uuid} was ended: ${why}`));
    await ended;
  }

  /** Does the whole job, and records what came of it; never rejected. */
  async #run(begun: Job, attempt: CopyAttempt): Promise<void> {
    const { table, onChange } = this.#options;
    const { target } = attempt.job;
    const source = sourceOf(attempt.job);
    begun.state = await this.#persevere(attempt).then(
      (): JobState => ({ state: "done" }),
      (error: unknown): JobState => ({ state: "failed", error: this.#jobError(attempt, error) }),
    );
    table.apply(target.uuid, { do: "endCopyOnto" });
    if (source !== null) table.apply(source, { do: "endCopyFrom" });
    onChange(target.uuid);
  }

  /** Attempts it until it succeeds, fails for a reason that stays, or has failed too often. */
  #persevere(attempt: CopyAttempt): Promise<void> {
    let fetches = 0;
    return retry(() => runCopy(this.#options, attempt), {
      what: `the copy onto drive ${attempt.job.target.uuid}`,
      attempts: MOST_ATTEMPTS,
      pauseMs: (attempts) => backoff(attempts, FIRST_PAUSE_MS, LONGEST_PAUSE_MS),
      isPassing: (error) =>
        error instanceof SourceLost
          ? ++fetches < MOST_FETCHES
          : !(error instanceof LodgeError) && !isDiskFull(error),
      // What others' servers do is no trouble of the host's.
      onFailure: (error) => error instanceof SourceLost || this.#options.onTrouble(error),
      signal: attempt.signal,
    });
  }

  #jobError({ job, signal }: CopyAttempt, error: unknown): Error {
    if (signal.aborted) return signal.reason;
    if (isDiskFull(error)) return diskFull(error);
    if (error instanceof LodgeError) return error;
    if (error instanceof SourceLost) return usage(error.message, { cause: error });
    return failed(`drive ${job.target.uuid} could not be imaged; try it again`, { cause: error });
  }
}

/** The drive that the job reads, null where it is none. */
const sourceOf = (job: FillJob): string | null => ("source" in job ? job.source.uuid : null);

/** qemu-img says it in words alone. */
function isDiskFull(error: unknown): boolean {
  return isOutOfSpace(error) || (error instanceof Error && /No space left on device/.test(error.message));
}
