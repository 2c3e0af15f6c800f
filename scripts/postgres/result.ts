/** What became of the tests on one version, read off what their run printed, and the table of all versions. */

export type Result = {
  /** The version that the tests were to run on, such as `17`. */
  readonly version: string;
  /** What the server called itself, such as `17.10`; null when no test heard it. */
  readonly server: string | null;
  readonly passed: number;
  /** Tests that failed, and what else was found wrong. */
  readonly failed: number;
};

const SERVER = /\bPostgreSQL (\d+[\d.]*)$/;
const COUNTS = /^(\d+) passed, (\d+) failed$/;

/**
 * @param lines what `scripts/test.ts` printed, of which the last is its counts, and one the version that the tests heard
 *   (`testing/postgres.test.ts`)
 * @param code its exit code; null when a signal ended it
 */
export function resultOf(version: string, lines: readonly string[], code: number | null): Result {
  const server =
    lines.map((line) => SERVER.exec(line.trimEnd())?.[1]).find((said) => said !== undefined) ?? null;
  const [, passed = "0", counted = "0"] = COUNTS.exec(lines.at(-1) ?? "") ?? [];
  const isOther = server === null || server.split(".")[0] !== version;
  const failed = Number(counted) + (isOther ? 1 : 0);
  return { version, server, passed: Number(passed), failed: code === 0 ? failed : Math.max(failed, 1) };
}

/** The lines of the table, the last of which is the counts of all. */
export function table(results: readonly Result[]): string[] {
  const rows = [
    ["version", "passed", "failed"],
    ...results.map(({ version, server, passed, failed }) => [
      server ?? `${version} (not heard of)`,
      String(passed),
      String(failed),
    ]),
  ];
  const widthOf = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const widths = [widthOf(0), widthOf(1), widthOf(2)] as const;
  const [headings = "", ...lines] = rows.map(([version = "", passed = "", failed = ""]) =>
    [version.padEnd(widths[0]), passed.padStart(widths[1]), failed.padStart(widths[2])].join(" | "),
  );
  const sum = (count: "passed" | "failed") => results.reduce((total, result) => total + result[count], 0);
  const rule = widths.map((width) => "-".repeat(width)).join(" | ");
  return [headings, rule, ...lines, `${sum("passed")} passed, ${sum("failed")} failed`];
}
