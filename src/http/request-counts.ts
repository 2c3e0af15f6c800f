/**
 * What was asked and answered, counted for whoever watches the daemon. It is counted at every request, so what that costs
 * is a look-up and a few additions; names are made of it when somebody asks.
 */
import type { ServerResponse } from "node:http";
import type { Command } from "../api/command.ts";
import type { ErrorCode } from "../base/error-codes.ts";
import { Histogram, type HistogramFigures } from "../base/histogram.ts";

/** How long requests take, in seconds. */
const BOUNDS_S = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** In the place of a status where the caller had hung up before there was one (so does nginx). */
const HUNG_UP = 499;
/** Statuses are below this. */
const STATUSES = 600;

export type CommandFigures = {
  /** A path of the table of commands, such as `drives/DRIVE/info`; `none`: what was no command. */
  readonly command: string;
  /** How many were answered with each status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** In seconds, until the answer was handed over; where that is done in pieces, until the last one was taken. */
  readonly durations: HistogramFigures;
};

export type RequestFigures = {
  readonly commands: readonly CommandFigures[];
  /** By the codes of errors, how many were answered. */
  readonly errors: ReadonlyMap<ErrorCode, number>;
};

class Counts {
  readonly statuses = new Float64Array(STATUSES);
  readonly durations = new Histogram(BOUNDS_S);
}

export class RequestCounts {
  readonly #byCommand: ReadonlyMap<Command | null, Counts>;
  readonly #byPath = new Map<string, Counts>();
  readonly #errors = new Map<ErrorCode, number>();

  constructor(commands: readonly Command[]) {
    for (const { path } of commands) this.#byPath.set(path, new Counts());
    const none = new Counts();
    this.#byPath.set("none", none);
    this.#byCommand = new Map<Command | null, Counts>([
      ...commands.map((command) => [command, this.#byPath.get(command.path) ?? none] as const),
      [null, none],
    ]);
  }

  /** @param startMs when it came, of `performance.now()` */
  answered(command: Command | null, { headersSent, statusCode }: ServerResponse, startMs: number): void {
    const counts = this.#byCommand.get(command);
    if (counts === undefined) return;
    const status = headersSent ? statusCode : HUNG_UP;
    counts.statuses[status] = (counts.statuses[status] ?? 0) + 1;
    counts.durations.observe((performance.now() - startMs) / 1000);
  }

  refused(code: ErrorCode): void {
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  get figures(): RequestFigures {
    const commands = [...this.#byPath].map(([command, { statuses, durations }]) => ({
      command,
      statuses: new Map([...statuses.entries()].filter(([, count]) => count > 0)),
      durations: durations.figures,
    }));
    return { commands, errors: this.#errors };
  }
}
