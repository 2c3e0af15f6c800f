/**
 * A family of metrics: one name with its help and type, and samples that are told apart by labels. Labels have values out
 * of tables of ours alone, so their number is bounded, and nothing that a user wrote or was given is among them.
 */
import type { HistogramFigures } from "../base/histogram.ts";
import type { Figures } from "./figures.ts";

export type Labels = Readonly<Record<string, string>>;

export type Sample = {
  readonly labels?: Labels;
  readonly value: number;
  /** What a histogram's sample is: its name ends so. */
  readonly part?: "_bucket" | "_sum" | "_count";
};

export type Family = {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter" | "histogram";
  /** The names of its labels, besides a histogram's own. */
  readonly labels: readonly string[];
  /** None where what it is about could not be found out just now. */
  samples(figures: Figures): readonly Sample[];
};

/** A family of one sample; null: there is none just now. */
export function single(
  family: Omit<Family, "samples" | "labels">,
  value: (figures: Figures) => number | null | undefined,
): Family {
  return {
    ...family,
    labels: [],
    samples(figures) {
      const found = value(figures);
      return found === null || found === undefined ? [] : [{ value: found }];
    },
  };
}

/** A sample for each entry, whose key is the value of the label. */
export function labelled(label: string, values: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value }));
}

/** The samples of a histogram, with the labels (Prometheus: exposition formats, histograms). */
export function histogramSamples(
  { upTo, count, sum }: HistogramFigures,
  labels: Labels = {},
): readonly Sample[] {
  const bucket = (le: string, value: number): Sample => ({
    labels: { ...labels, le },
    value,
    part: "_bucket",
  });
  return [
    ...upTo.map(({ bound, count }) => bucket(String(bound), count)),
    bucket("+Inf", count),
    { labels, value: sum, part: "_sum" },
    { labels, value: count, part: "_count" },
  ];
}
