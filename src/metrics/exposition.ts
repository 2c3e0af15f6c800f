/**
 * The exposition: all metrics as Prometheus reads them. prom-client writes them down, and adds what is known of every
 * process of Node's: CPU, memory, descriptors, the event loop's delay. What is counted at each request is counted in plain
 * numbers and read off here: prom-client's own counters look labels up by a text at each addition.
 */
import { collectDefaultMetrics, type Metric, Registry } from "prom-client";
import { atMostEvery } from "../base/at-most-every.ts";
import type { Family } from "./family.ts";
import type { Figures } from "./figures.ts";
import { HTTP_FAMILIES } from "./http-families.ts";
import { MACHINE_FAMILIES } from "./machine-families.ts";
import { STATE_FAMILIES } from "./state-families.ts";

/** How long a scrape's answer is that of the next one, too. */
const FRESH_MS = 1_000;

export const FAMILIES: readonly Family[] = [...MACHINE_FAMILIES, ...HTTP_FAMILIES, ...STATE_FAMILIES];

export class Exposition {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  /** The metrics as text, made at most once a second, whoever asks. Errors: those of `gather`. */
  readonly text: () => Promise<string>;
  #figures: Figures | null = null;

  constructor(gather: () => Promise<Figures>) {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    for (const family of FAMILIES) registry.registerMetric(this.#metricOf(family));
    this.text = atMostEvery(FRESH_MS, async () => {
      this.#figures = await gather();
      return registry.metrics();
    });
  }

  /** What the registry asks of a metric is what it is called and what its values are now; the type has more. */
  #metricOf({ name, help, type, samples }: Family): Metric<string> {
    const get = async () => {
      const values = this.#figures === null ? [] : samples(this.#figures);
      return {
        ...{ name, help, type, aggregator: "sum" },
        values: values.map(({ labels = {}, value, part = "" }) => ({
          ...{ labels, value, metricName: `${name}${part}` },
        })),
      };
    };
    return { name, get } as unknown as Metric<string>;
  }
}
