/** Planted bugs in what servers used, as it is sampled, stored, rolled up and shown. */
import type { Mutant } from "../mutant.ts";

const SAMPLE = "src/samples/sample.test.ts";
const STEPS = "src/samples/steps.test.ts";
const ROW = "src/samples/row.test.ts";
const READINGS = "src/samples/readings.test.ts";
const RECORDS = "src/samples/records.test.ts";
const STATE = "test/state/samples.test.ts";
const WIRE = "test/conformance/samples.test.ts";
const HOST = "src/host/qemu/server-host.test.ts";
const STUCK = "src/host/qemu/end.test.ts";
const PROCESS = "src/host/process/process.test.ts";
const BACKUP = "src/store/sqlite/backup.test.ts";
const GRAPHS = "console/test/graphs.test.ts";

export const SAMPLED: readonly Mutant[] = [
  {
    name: "what a sample is spread into loses what is left over",
    file: "src/samples/sample.ts",
    find: "last === to\n          ? sample[name] - upTo(sample[name], first)\n          : ",
    replace: "",
    tests: [SAMPLE],
  },
  {
    name: "an amount grows beyond what a number holds",
    file: "src/samples/sample.ts",
    find: "Math.min(one[name] + other[name], Number.MAX_SAFE_INTEGER)",
    replace: "one[name] + other[name]",
    tests: [SAMPLE],
  },
  {
    name: "a range of any age is told by the minute",
    file: "src/samples/steps.ts",
    find: "STEPS.find(({ keptS }) => from >= now - keptS) ?? DAYS",
    replace: "STEPS[0] ?? DAYS",
    tests: [STEPS, STATE],
  },
  {
    name: "a range is told from its begin on, however long ago that is",
    file: "src/samples/steps.ts",
    find: "const first = Math.max(from, now - keptS);",
    replace: "const first = from;",
    tests: [STEPS],
  },
  {
    name: "a damaged row of samples is an error",
    file: "src/samples/row.ts",
    find: "  } catch {\n    return [];\n  }",
    replace: "  } catch (error) {\n    throw error;\n  }",
    tests: [ROW],
  },
  {
    name: "a run that began anew is taken for the one before it",
    file: "src/samples/readings.ts",
    find: "last?.run === now.run ? last :",
    replace: "last !== null ? last :",
    tests: [READINGS, STATE],
  },
  {
    name: "a run that an earlier daemon knew counts from nothing",
    file: "src/samples/readings.ts",
    find: "if (lastRoundAt === null || launched < lastRoundAt) return null;",
    replace: "if (lastRoundAt !== null && launched < lastRoundAt) return null;",
    tests: [READINGS],
  },
  {
    name: "a counter that goes back makes a negative amount",
    file: "src/samples/readings.ts",
    find: " || isBack",
    replace: "",
    tests: [READINGS, STATE],
  },
  {
    name: "a long while is no gap",
    file: "src/samples/readings.ts",
    find: " || seconds > mostS",
    replace: "",
    tests: [READINGS],
  },
  {
    name: "what is rolled up is added to what was rolled up before",
    file: "src/samples/records.ts",
    find: "    for (const [time, sample] of fresh) there.set(time, sample);\n  });",
    replace: "    addTo(there, fresh);\n  });",
    tests: [RECORDS],
  },
  {
    name: "minutes that are older than minutes are kept take an hour's place",
    file: "src/samples/records.ts",
    find: "time >= now - MINUTES.keptS",
    replace: "time <= now",
    tests: [RECORDS],
  },
  {
    name: "what came late to a row that was rolled up is in no longer step",
    file: "src/samples/records.ts",
    find: '        rolled_up: row.ref("excluded.rolled_up"),\n',
    replace: "",
    tests: [RECORDS],
  },
  {
    name: "what is not stored yet is not told",
    file: "src/samples/records.ts",
    find: "  let fresh = pending;",
    replace: "  let fresh: Samples = new Map();",
    tests: [RECORDS, STATE],
  },
  {
    name: "what is in shorter steps alone is not told by longer ones",
    file: "src/samples/records.ts",
    find: "    fresh = new Map([...rows].map(([time, row]) => [time, totalOf(row)]));",
    replace: "    fresh = new Map();",
    tests: [RECORDS, STATE],
  },
  {
    name: "a row goes before it is rolled up",
    file: "src/samples/roll-up.ts",
    find: "step === DAYS ? 0 : 1",
    replace: "0",
    tests: [RECORDS],
  },
  {
    name: "samples are kept for good",
    file: "src/samples/roll-up.ts",
    find: "now - step.keptS - step.rowS",
    replace: "0",
    tests: [RECORDS],
  },
  {
    name: "what is stored is held as well",
    file: "src/samples/sampler.ts",
    find: "      throw error;\n    }\n    forget();",
    replace: "      throw error;\n    }",
    tests: [STATE],
  },
  {
    name: "a daemon that ends stores nothing",
    file: "src/samples/sampler.ts",
    find: "isLast || turnOf(server)",
    replace: "turnOf(server)",
    tests: [STATE],
  },
  {
    name: "what cannot be stored is held without a bound",
    file: "src/samples/sampler.ts",
    find: "      if (pending.size <= MOST_PENDING) break;",
    replace: "      break;",
    tests: [STATE],
  },
  {
    name: "a full disk is said with every round",
    file: "src/samples/sampler.ts",
    find: "    if (!this.#isFailing) this.#options.onTrouble(error);",
    replace: "    this.#options.onTrouble(error);",
    tests: [STATE],
  },
  {
    name: "a host that does not tell ends the round",
    file: "src/samples/sampler.ts",
    find: "await this.#readHost(name, host).catch(this.#options.onTrouble);",
    replace: "await this.#readHost(name, host);",
    tests: [STATE],
  },
  {
    name: "a server that was silent for a round is a stranger in the next",
    file: "src/samples/sampler.ts",
    find: "at <= now && now - at <= MOST_S",
    replace: "at === before?.at",
    tests: [STATE],
  },
  {
    name: "samples are told to whoever knows the server",
    file: "src/samples/commands.ts",
    find: "      const { uuid } = await records.locate(serverWord(params.SERVER), caller.user);",
    replace: '      const uuid = serverWord(params.SERVER) + (caller.user === "" ? records : "");',
    tests: [STATE, WIRE],
  },
  {
    name: "times within a minute are taken",
    file: "src/samples/commands.ts",
    find: " && Number(word) % MINUTES.stepS === 0",
    replace: "",
    tests: [WIRE],
  },
  {
    name: "samples of a server outlive it",
    file: "src/store/migrations/0013-samples.ts",
    find: 'references("servers.uuid").onDelete("cascade")',
    replace: 'references("users.uuid")',
    tests: [RECORDS, STATE],
  },
  {
    name: "a QEMU that does not answer is among what servers use",
    file: "src/host/qemu/run.ts",
    find: "if (!monitor?.isResponsive || monitor.isPrelaunch) return null;",
    replace: "if (monitor === null) return null;",
    tests: [STUCK],
  },
  {
    name: "what another process uses is taken for a server's",
    file: "src/host/process/process.ts",
    find: "if (resident === undefined || main?.startTicks !== startTicks) return null;",
    replace: "if (resident === undefined || main === null) return null;",
    tests: [PROCESS],
  },
  {
    name: "the time of a core that a QEMU took is nothing",
    file: "src/host/qemu/uses.ts",
    find: "(use.tookTicks * 1000) / TICKS_PER_SECOND",
    replace: "0",
    tests: [HOST],
  },
  {
    name: "a backup has what servers used",
    file: "src/store/sqlite/backup.ts",
    find: "      leaveOutSamples(copy);\n",
    replace: "",
    tests: [BACKUP],
  },
  {
    name: "a gap is drawn as if there were none",
    file: "console/src/graphs/samples.ts",
    find: "known.get(time) ?? null",
    replace: "known.get(time) ?? first",
    tests: [GRAPHS],
  },
];
