/**
 * Rows that were read since the last change: who polls an object's `info` reads the same rows again and again, and the
 * locks that SQLite takes for it cost more than all else in such a request. Nothing but this process changes what is
 * kept here, so a change of its own is all that must be heard of; what others change too, as `lodge image` does, is
 * not kept.
 */

/** How many results are kept; then all are forgotten. */
const MOST = 20_000;

export type Recent = {
  /**
   * The rows of an earlier read with the same parameters, else those that `read` answers; they are kept if `keep` says
   * so.
   */
  rows<Row>(
    query: object,
    params: readonly unknown[],
    read: () => readonly Row[],
    keep?: (rows: readonly Row[]) => boolean,
  ): readonly Row[];
  /** Forgets everything, as a transaction has changed something. */
  forget(): void;
};

export function recentRows(): Recent {
  let byQuery = new Map<object, Map<string, readonly unknown[]>>();
  let count = 0;
  return {
    rows(query, params, read, keep = () => true) {
      let byParams = byQuery.get(query);
      if (byParams === undefined) {
        byParams = new Map();
        byQuery.set(query, byParams);
      }
      const key = params.join("\n");
      const known = byParams.get(key) as ReturnType<typeof read> | undefined;
      if (known !== undefined) return known;
      const rows = read();
      // That there is none is not kept: `lodge user create` adds accounts from another process.
      if (rows.length === 0 || !keep(rows)) return rows;
      if (++count > MOST) {
        byQuery = new Map();
        count = 1;
      } else byParams.set(key, rows);
      return rows;
    },
    forget() {
      byQuery = new Map();
      count = 0;
    },
  };
}
