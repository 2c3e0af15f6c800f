/**
 * Rows that were read since the last change: who polls an object's `info` reads the same rows again and again, and the
 * locks that SQLite takes for it cost more than all else in such a request. Nothing but this process changes what is
 * kept here, so a change of its own is all that must be heard of.
 */

/** How many results are kept; then all are forgotten. */
const MOST = 20_000;

export type Recent = {
  /** The rows of an earlier read with the same parameters, else those that `read` answers. */
  rows<Row>(query: object, params: readonly unknown[], read: () => readonly Row[]): readonly Row[];
  /** Forgets everything, as a transaction has changed something. */
  forget(): void;
};

export function recentRows(): Recent {
  let byQuery = new Map<object, Map<string, readonly unknown[]>>();
  let count = 0;
  return {
    rows<Row>(query: object, params: readonly unknown[], read: () => readonly Row[]) {
      let byParams = byQuery.get(query);
      if (byParams === undefined) {
        byParams = new Map();
        byQuery.set(query, byParams);
      }
      const key = params.join("\n");
      const known = byParams.get(key) as readonly Row[] | undefined;
      if (known !== undefined) return known;
      const rows = read();
      // That there is none is not kept: `lodge user create` adds accounts from another process.
      if (rows.length === 0) return rows;
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
