/** What was done to one object, on its page. */
import { Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Failure, Waiting } from "../parts/page.tsx";
import { Events, useNames } from "./list.tsx";
import { eventsQuery } from "./queries.ts";
import { text } from "./text.ts";

export function ActivityOf({ object }: { readonly object: string }) {
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery(
    eventsQuery(object),
  );
  const names = useNames();
  if (data === undefined) {
    return error === null ? <Waiting /> : <Failure error={error} onRetry={() => void refetch()} />;
  }
  if (data.length === 0) return <Text c="dimmed">{text.noneOf}</Text>;
  return (
    <>
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      <Events
        events={data}
        names={names}
        isOfOne
        readEarlier={hasNextPage ? () => void fetchNextPage() : undefined}
        isReading={isFetchingNextPage}
      />
      <Text size="sm" mt="md">
        <Link to="/activity" search={{ object }}>
          {text.inActivity}
        </Link>
      </Text>
    </>
  );
}
