/** Events of the account, or of one object of it: the youngest first, in pages that go back. */
import { infiniteQueryOptions } from "@tanstack/react-query";
import { read } from "../api/client.ts";
import { refetchInterval } from "../api/queries.ts";

/** One, as the API answers it. */
export type Event = {
  readonly event: number;
  readonly time: number;
  readonly user: string;
  readonly actor: string;
  /** The key and the place are told to whoever did it alone. */
  readonly key?: string;
  readonly address?: string;
  readonly command: string;
  readonly object?: string;
  readonly outcome: string;
};

/** How many one answer has at most; one that has fewer is the first that there are. */
const PAGE = 1_000;

export const eventsQuery = (object: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["activity", object ?? ""],
    initialPageParam: null as number | null,
    queryFn: ({ pageParam, signal }) => {
      const of = object === undefined ? "" : `/of/${encodeURIComponent(object)}`;
      const before = pageParam === null ? "" : `/before/${pageParam}`;
      return read<readonly Event[]>(`profile/events${of}${before}`, signal);
    },
    getNextPageParam: (last) => (last.length === PAGE ? last[0]?.event : undefined),
    select: ({ pages }) => pages.flatMap((page) => page.toReversed()),
    refetchInterval,
  });

export const isFailed = ({ outcome }: Event) => outcome !== "done" && outcome !== "begun";

/** Several of one kind in a row, such as the writes of an upload: the youngest of them, and how many they are. */
export type Run = { readonly last: Event; readonly count: number };

/** @param events the youngest first */
export function runsOf(events: readonly Event[]): readonly Run[] {
  const runs: { last: Event; count: number }[] = [];
  for (const event of events) {
    const run = runs.at(-1);
    if (run !== undefined && isLike(run.last, event)) run.count++;
    else runs.push({ last: event, count: 1 });
  }
  return runs;
}

const ALIKE = ["actor", "key", "address", "command", "object", "outcome"] as const;

const isLike = (one: Event, other: Event) =>
  ALIKE.every((key) => one[key] === other[key]) && dayOf(one.time) === dayOf(other.time);

/** The day of a time in seconds since the epoch, where the reader is. */
export const dayOf = (time: number) => new Date(time * 1000).toDateString();
