/** The table of what servers used (`samples/`). Times are seconds since the epoch, of accounting time (`base/clock.ts`). */

/** Samples of one server, one a step, of the steps that begin within a row's while. */
export type SamplesTable = {
  server: string;
  /** How long a step is, in seconds. */
  step: number;
  /** When the row's while begins. */
  time: number;
  /** JSON (`samples/row.ts`). */
  samples: string;
  /** Whether what it holds is in the samples of the next longer step. */
  rolled_up: 0 | 1;
};

export type SampleTables = { samples: SamplesTable };
