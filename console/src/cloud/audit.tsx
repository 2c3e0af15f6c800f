/** The audit trail of the whole cloud: who did what to whose, a thousand at a time. */
import { Group, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { isRead } from "../activity/events.ts";
import { EVENTS_PAGE, type Event } from "../api/events.ts";
import { ActButton } from "../parts/act-button.tsx";
import { Empty, Failure, PageHead, Waiting } from "../parts/page.tsx";
import { EventRows, useNames } from "./events.tsx";
import { ForAdmins } from "./frame.tsx";
import { eventsQuery } from "./queries.ts";
import type { AuditSearch } from "./search.ts";
import { text } from "./text.ts";

const { audit: said } = text;

export const CloudAudit = () => (
  <ForAdmins>
    <Audit />
  </ForAdmins>
);

function Audit() {
  const search = useSearch({ from: "/cloud/audit" });
  const navigate = useNavigate({ from: "/cloud/audit" });
  const { data, error, refetch } = useQuery(eventsQuery(search.from));
  const names = useNames();
  const { from, show, ...filter } = search;
  const events = useMemo(
    () => (show === "all" ? data : data?.filter((event) => !isRead(event))),
    [data, show],
  );
  const go = (next: AuditSearch) => void navigate({ search: next });
  const kept = { ...(from === undefined ? {} : { from }), ...(show === undefined ? {} : { show }) };
  return (
    <>
      <PageHead title={said.title} actions={data && <Turning events={data} search={search} go={go} />} />
      <Group mb="md">
        <SegmentedControl
          aria-label={said.shown}
          size="xs"
          value={show ?? "changes"}
          onChange={(next) => {
            const { show: _, ...rest } = search;
            go(next === "all" ? { ...rest, show: next } : rest);
          }}
          data={[
            { value: "changes", label: said.changes },
            { value: "all", label: said.all },
          ]}
        />
      </Group>
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {events === undefined && error === null && <Waiting />}
      {data?.length === 0 && (
        <Empty title={said.empty}>{from === undefined ? said.emptyHint : said.nothingNewer}</Empty>
      )}
      {data !== undefined && data.length > 0 && events?.length === 0 && (
        <Empty title={said.onlyReads}>{said.onlyReadsHint(data.length)}</Empty>
      )}
      {events !== undefined && events.length > 0 && (
        <EventRows
          label={said.title}
          events={events}
          names={names}
          search={filter}
          onSearch={(next) => void navigate({ search: { ...kept, ...next }, replace: true })}
        />
      )}
    </>
  );
}

type TurningProps = {
  readonly events: readonly Event[];
  readonly search: AuditSearch;
  readonly go: (search: AuditSearch) => void;
};

/** Numbers grow with each event, so pages are told by them. */
function Turning({ events, search: { from, ...others }, go }: TurningProps) {
  const first = events[0]?.event ?? from ?? 1;
  const last = events.at(-1)?.event ?? first - 1;
  const isFirst = first <= 1 || (from !== undefined && (from <= 1 || first >= from + EVENTS_PAGE));
  const isLast = from === undefined || events.length < EVENTS_PAGE;
  return (
    <Group gap="xs">
      <ActButton
        label={said.older}
        obstacle={isFirst ? said.noOlder : null}
        onClick={() => go({ ...others, from: Math.max(1, first - EVENTS_PAGE) })}
      />
      <ActButton
        label={said.newer}
        obstacle={isLast ? said.noNewer : null}
        onClick={() => go({ ...others, from: last + 1 })}
      />
      <ActButton
        label={said.latest}
        obstacle={from === undefined ? said.noNewer : null}
        onClick={() => go(others)}
      />
    </Group>
  );
}
