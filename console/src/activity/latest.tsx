/** What was done last, on the overview: looks are told among all activity. */
import { Group } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { Failure, Panel, Waiting } from "../parts/page.tsx";
import { isRead, runsOf } from "./events.ts";
import { Days, useNames } from "./list.tsx";
import { eventsQuery } from "./queries.ts";
import { text } from "./text.ts";

const MOST = 5;

export function Latest() {
  const { data, error, refetch } = useInfiniteQuery(eventsQuery(undefined));
  const names = useNames();
  const runs = useMemo(() => runsOf((data ?? []).filter((event) => !isRead(event))).slice(0, MOST), [data]);
  return (
    <Panel title={text.latest}>
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {data === undefined ? error === null && <Waiting /> : <Days runs={runs} names={names} />}
      <Group mt="md">
        <Link to="/activity">{text.all}</Link>
      </Group>
    </Panel>
  );
}
