/** `docs/metrics.md`: all metrics of Lodge's own, made from the families that the admin listener tells. */
import type { Family } from "../../src/metrics/family.ts";

/** The document. */
export function metricsDocument(families: readonly Family[]): string {
  const rows = families.map(({ name, type, labels, help }) => {
    const shown = labels.map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${type} | ${shown} | ${help.replaceAll("|", "\\|")} |`;
  });
  return [
    "# Metrics",
    "",
    "Made by `npm run docs` from `src/metrics/`. What `/metrics` of the admin listener tells",
    "([monitoring](operating.md#monitoring)), besides what prom-client tells of every process of Node's: `process_…` (CPU,",
    "memory, descriptors, start) and `nodejs_…` (the event loop's delay, heap, collections of garbage). A histogram has samples",
    "that end in `_bucket` (with the label `le`), `_sum` and `_count`. Values of labels are words of Lodge's own tables, never what",
    "users wrote or were given.",
    "",
    "| metric | type | labels | what it is |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
