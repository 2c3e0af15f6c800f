/** What was done in the account: everything, of one object, or what failed; as the address says. */
import { Button, Group, NativeSelect, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { Event } from "../api/events.ts";
import { Icon } from "../parts/icons.tsx";
import { Empty, Failure, PageHead, Waiting } from "../parts/page.tsx";
import { SentenceWith } from "../parts/theirs.tsx";
import classes from "./activity.module.css";
import { isFailed, saidOf } from "./events.ts";
import { Events, type Names, useNames } from "./list.tsx";
import { eventsQuery } from "./queries.ts";
import { type ActivitySearch, activitySearch } from "./search.ts";
import { text } from "./text.ts";

export function ActivityPage() {
  const search = useSearch({ from: "/activity" });
  const navigate = useNavigate({ from: "/activity" });
  const query = useInfiniteQuery(eventsQuery(search.object));
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const names = useNames();
  const change = (next: ActivitySearch) => void navigate({ search: activitySearch(next), replace: true });
  const isFiltered = Object.keys(search).length > 0;
  const shown = data?.filter((event) => matches(event, search, names)) ?? [];
  return (
    <>
      <PageHead title={text.title} />
      {(isFiltered || shown.length > 0) && <Filters search={search} names={names} onChange={change} />}
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Waiting />}
      {data !== undefined && shown.length === 0 && (isFiltered ? <NoMatch search={search} /> : <Nothing />)}
      {(shown.length > 0 || (data !== undefined && hasNextPage)) && (
        <Events
          // Another search begins with the youngest again.
          key={JSON.stringify(search)}
          events={shown}
          names={names}
          readEarlier={hasNextPage ? () => void fetchNextPage() : undefined}
          isReading={isFetchingNextPage}
        />
      )}
    </>
  );
}

/** Whether an event has all words that are looked for, as it is told. */
function matches(event: Event, { q = "", outcome }: ActivitySearch, names: Names): boolean {
  if (outcome === "failed" && !isFailed(event)) return false;
  const { command, object = "", address = "", key = "" } = event;
  const told = [saidOf(event) ?? "", command, object, names.get(object)?.name ?? "", address];
  const all = [...told, names.get(key)?.name ?? "", event.outcome].join("\n").toLowerCase();
  return q
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

type FilterProps = {
  readonly search: ActivitySearch;
  readonly names: Names;
  readonly onChange: (search: ActivitySearch) => void;
};

function Filters({ search, names, onChange }: FilterProps) {
  const { q = "", object, outcome } = search;
  return (
    <div className={classes.filters}>
      <Group gap="md" align="flex-end">
        <TextInput
          className={classes.words}
          aria-label={`${text.filter}: ${text.title}`}
          placeholder={text.filter}
          type="search"
          value={q}
          leftSection={<Icon name="search" />}
          onChange={({ currentTarget: { value } }) => onChange({ ...search, q: value })}
        />
        <NativeSelect
          aria-label={text.outcome}
          value={outcome ?? "all"}
          data={Object.entries(text.outcomes).map(([value, label]) => ({ value, label }))}
          onChange={({ currentTarget: { value } }) => {
            const { outcome: _, ...others } = search;
            onChange(value === "failed" ? { ...others, outcome: "failed" } : others);
          }}
        />
      </Group>
      {object !== undefined && (
        <Group gap="sm" mt="sm">
          <Text size="sm">
            <SentenceWith says={text.ofObject} theirs={names.get(object)?.name ?? object} />
          </Text>
          <Link to="/activity">{text.allObjects}</Link>
        </Group>
      )}
    </div>
  );
}

const NoMatch = ({ search: { q, outcome } }: { readonly search: ActivitySearch }) => (
  <Group gap="md">
    <Text c="dimmed">{q === undefined && outcome === undefined ? text.noneOf : text.noMatch}</Text>
    <Button variant="default" size="xs" renderRoot={(props) => <Link to="/activity" {...props} />}>
      {text.clear}
    </Button>
  </Group>
);

const Nothing = () => (
  <Empty
    title={text.emptyTitle}
    actions={
      <Button
        renderRoot={(props) => <Link to="/servers/create" {...props} />}
        leftSection={<Icon name="add" />}
      >
        {text.create}
      </Button>
    }
  >
    {text.empty}
  </Empty>
);
