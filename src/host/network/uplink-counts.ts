/**
 * What servers' counters at the uplink say (`counting.ts`). All are read at once, however many ask. Those of servers that have
 * ended are told until the ends are cleared, also where the namespace was removed before that: then by a file beside it.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { replaceVolatileFileSync } from "../../base/atomic-file.ts";
import { coalesce } from "../../base/coalesce.ts";
import { within } from "../../base/deadline.ts";
import { readJsonFile } from "../../base/json-file.ts";
import type { UplinkCount } from "../host.ts";
import { COUNTING, counterOf } from "./counting.ts";
import { inNamespace, type Namespace } from "./namespace.ts";
import { countersIn, type NetworkState } from "./network-state.ts";

/** How long the kernel may take to tell its counters. */
const READ_MS = 10_000;
/** How long the end of a server waits for its last count; then it ends without. */
const LAST_MS = 5_000;

const KEPT = z.record(z.string(), z.object({ counter: z.string(), bytes: z.number() }));
type Kept = Readonly<Record<string, UplinkCount>>;

export type UplinkCountsOptions = {
  readonly namespace: Namespace;
  readonly state: NetworkState;
  readonly runDirectory: string;
  readonly warn: (message: string, error: unknown) => void;
};

export class UplinkCounts {
  readonly #options: UplinkCountsOptions;
  /** As they were read last. */
  #counters: ReadonlyMap<string, number> = new Map();
  readonly #read: () => Promise<void>;
  /** Of servers that ended in a namespace of before. */
  #kept: Kept;

  constructor(options: UplinkCountsOptions) {
    this.#options = options;
    this.#kept = readKept(options.runDirectory, options.warn);
    this.#read = coalesce(async () => {
      this.#counters = await options.namespace.counters(COUNTING, READ_MS);
    });
  }

  /** Of all servers that are counted. Errors: the kernel did not tell them in time; nft's own. */
  async all(): Promise<ReadonlyMap<string, UplinkCount>> {
    const { state } = this.#options;
    if (!state.nics().some((nic) => counterOf(nic) !== null)) return new Map();
    await this.#read();
    return new Map(
      state.servers().flatMap((server) => {
        const count = this.#countOf(server);
        return count === null ? [] : [[server, count] as const];
      }),
    );
  }

  /** Of one whose end is being cleared; null where it has none, or it cannot be read, which is said. */
  async last(server: string): Promise<UplinkCount | null> {
    const { state, warn } = this.#options;
    if (!state.of(server).nics.some((nic) => counterOf(nic) !== null)) return this.#kept[server] ?? null;
    const what = `the counter of server ${server} at the uplink`;
    return within(LAST_MS, what, this.#read()).then(
      () => this.#countOf(server),
      (error: unknown) => {
        warn(`${what} could not be read at its end: what it sent last is not counted`, error);
        return null;
      },
    );
  }

  /** All ends of before were cleared. */
  forgetKept(): void {
    this.#kept = {};
    rmSync(keptFile(this.#options.runDirectory), { force: true });
  }

  #countOf(server: string): UplinkCount | null {
    for (const nic of this.#options.state.of(server).nics) {
      const counter = counterOf(nic);
      const bytes = counter === null ? undefined : this.#counters.get(counter);
      if (counter !== null && bytes !== undefined) return { counter, bytes };
    }
    return null;
  }
}

/**
 * Keeps what servers' counters say in a namespace that is about to be removed. Errors: they cannot be read, or kept.
 *
 * @param states the folder of the network state
 */
export async function keepCounts(
  namespace: string,
  states: string,
  runDirectory: string,
  warn: UplinkCountsOptions["warn"],
): Promise<void> {
  const servers = countersIn(states);
  if (servers.size === 0) return;
  const counters = await inNamespace(namespace).counters(COUNTING, READ_MS);
  const kept: Record<string, UplinkCount> = { ...readKept(runDirectory, warn) };
  for (const [counter, server] of servers) {
    const bytes = counters.get(counter);
    if (bytes !== undefined) kept[server] = { counter, bytes };
  }
  replaceVolatileFileSync(keptFile(runDirectory), JSON.stringify(kept), { mode: 0o600 });
}

const keptFile = (runDirectory: string) => join(runDirectory, "uplink-counts.json");

function readKept(runDirectory: string, warn: UplinkCountsOptions["warn"]): Kept {
  try {
    return readJsonFile(keptFile(runDirectory), KEPT) ?? {};
  } catch (error) {
    warn("what servers sent that have ended is not known any more", error);
    return {};
  }
}
