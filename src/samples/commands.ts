/** The command that tells what a server used, step by step. */
import type { Declared, Params } from "../api/command.ts";
import type { Properties } from "../api/properties.ts";
import { shown } from "../api/shown.ts";
import type { Clock } from "../base/clock.ts";
import { HOUR_S } from "../base/durations.ts";
import { usage } from "../base/errors.ts";
import type { ServerRecords } from "../servers/records.ts";
import { serverWord } from "../servers/server.ts";
import { SAMPLE_KEYS } from "./keys.ts";
import type { Sample } from "./sample.ts";
import type { Sampler } from "./sampler.ts";
import { MINUTES, type Range, toldOf } from "./steps.ts";

export type SampleDependencies = {
  readonly records: Pick<ServerRecords, "locate">;
  readonly samples: Pick<Sampler, "between">;
  readonly clock: Clock;
};

/** What is told where no times are given: the last hour. */
const LATELY_S = HOUR_S;

export const SAMPLE_COMMANDS: readonly Declared<SampleDependencies>[] = [
  {
    path: "servers/SERVER/samples[/FROM/TO]",
    summary:
      "List what a server used, step by step: in the last hour, or from one whole minute to another; by the minute where that is of the last 25 hours, by the hour of the last 35 days, by the day of the last 400",
    effect: "reads",
    takes: "nothing",
    returns: "properties list",
    answers: SAMPLE_KEYS.keys,
    answersAs: "Sample",
    errors: ["malformed_parameter", "no_such_server"],
    example: {
      params: {
        SERVER: "85ef58c8-6f5d-4f7f-8f1c-0c19d45d7c1c",
        FROM: "1798761600",
        TO: "1798761660",
      },
      answer: [
        [
          ["time", 1_798_761_600],
          ["step", 60],
          ["seconds", 60],
          ["cpu", 310],
          ["mem", 412],
          ["rx:bytes", 18_204],
          ["tx:bytes", 9_120],
          ["read:bytes", 0],
          ["read:requests", 0],
          ["write:bytes", 49_152],
          ["write:requests", 6],
        ],
      ],
    },
    async *run({ records, samples, clock }, { caller, params }) {
      const now = clock.now();
      const range = rangeIn(params) ?? { from: minuteOf(now - LATELY_S), to: now + 1 };
      const { uuid } = await records.locate(serverWord(params.SERVER), caller.user);
      const told = toldOf(range, now);
      const found = await samples.between(uuid, told);
      yield [...found].map(([time, sample]) => answerOf(time, told.step.stepS, sample));
    },
  },
];

const minuteOf = (time: number) => time - (time % MINUTES.stepS);

/** Null where no times are given. Errors: `usage`. */
function rangeIn({ FROM, TO }: Params): Range | null {
  if (FROM === undefined || TO === undefined) return null;
  const [from = 0, to = 0] = [FROM, TO].map((word) => {
    if (/^\d{1,12}$/.test(word) && Number(word) % MINUTES.stepS === 0) return Number(word);
    throw usage(
      "malformed_parameter",
      `FROM and TO are whole minutes in seconds since the epoch, not ${shown(word)}`,
    );
  });
  if (from <= to) return { from, to };
  throw usage("malformed_parameter", `TO is not before FROM, as ${to} is before ${from}`);
}

function answerOf(time: number, step: number, sample: Sample): Properties {
  const { seconds, cpuMhzS, memMibS } = sample;
  const mean = (sum: number) => Math.round(sum / Math.max(1, seconds));
  return SAMPLE_KEYS.inOrder([
    ["time", time],
    ["step", step],
    ["seconds", seconds],
    ["cpu", mean(cpuMhzS)],
    ["mem", mean(memMibS)],
    ["rx:bytes", sample.rxBytes],
    ["tx:bytes", sample.txBytes],
    ["read:bytes", sample.readBytes],
    ["read:requests", sample.readRequests],
    ["write:bytes", sample.writeBytes],
    ["write:requests", sample.writeRequests],
  ]);
}
