/** Events of the account, or of one object of it: the youngest first, in pages that go back. */
import { infiniteQueryOptions } from "@tanstack/react-query";
import { read } from "../api/client.ts";
import { EVENTS_PAGE, type Event } from "../api/events.ts";
import { refetchInterval } from "../api/queries.ts";

export const eventsQuery = (object: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["activity", object ?? ""],
    initialPageParam: null as number | null,
    queryFn: ({ pageParam, signal }) => {
      const of = object === undefined ? "" : `/of/${encodeURIComponent(object)}`;
      const before = pageParam === null ? "" : `/before/${pageParam}`;
      return read<readonly Event[]>(`profile/events${of}${before}`, signal);
    },
    getNextPageParam: (last) => (last.length === EVENTS_PAGE ? last[0]?.event : undefined),
    select: ({ pages }) => pages.flatMap((page) => page.toReversed()),
    refetchInterval,
  });
