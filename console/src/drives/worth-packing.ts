/** When packing the pieces of an upload saves time. */

/** So much of the time must be saved for it to be worth it. */
const WORTH = 0.8;

/** What was measured, of the last pieces. */
export type Measures = {
  /** Bytes a millisecond that the line takes, and that are packed. */
  readonly line: number;
  readonly packed: number;
  /** How much of a piece is left once it is packed. */
  readonly ratio: number;
};

/** Whether packing a piece and sending what is left of it takes less time than sending it. */
export const isWorthPacking = ({ line, packed, ratio }: Measures): boolean =>
  1 / packed + ratio / line < WORTH / line;
