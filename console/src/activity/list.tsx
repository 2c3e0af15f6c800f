/** Events as people read them: by day, what was done, who did it, from where, and how it ended. */
import { Button, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { Event } from "../api/events.ts";
import { called } from "../api/objects.ts";
import { drivesQuery, keysQuery, resourcesQuery, serversQuery } from "../api/queries.ts";
import { Status } from "../parts/status.tsx";
import { SentenceWith } from "../parts/theirs.tsx";
import classes from "./activity.module.css";
import { dayOf, isDone, isFailed, type Run, runsOf, saidOf } from "./events.ts";
import { text } from "./text.ts";

type Found = { readonly name: string; readonly to: "/servers/$uuid" | "/drives/$uuid" | null };

export type Names = ReadonlyMap<string, Found>;

/** What objects and keys are called that are there still. */
export function useNames(): Names {
  const { data: servers } = useQuery(serversQuery);
  const { data: drives } = useQuery(drivesQuery);
  const { data: resources } = useQuery(resourcesQuery);
  const { data: keys } = useQuery(keysQuery);
  return useMemo(() => {
    const names = new Map<string, Found>();
    for (const { server, name } of servers ?? [])
      names.set(server, { name: called(name, server), to: "/servers/$uuid" });
    for (const { drive, name } of drives ?? [])
      names.set(drive, { name: called(name, drive), to: "/drives/$uuid" });
    for (const { resource, name } of resources ?? [])
      names.set(resource, { name: called(name, resource), to: null });
    for (const { key, name } of keys ?? []) names.set(key, { name: called(name, key), to: null });
    return names;
  }, [servers, drives, resources, keys]);
}

/** How many are shown at first, and how many more each time. */
const SHOWN = 100;

type Props = {
  /** The youngest first. */
  readonly events: readonly Event[];
  readonly names: Names;
  /** The page of the object that they are all about, which names it. */
  readonly isOfOne?: boolean;
  /** Reads those before them; undefined where there are none. */
  readonly readEarlier: (() => void) | undefined;
  readonly isReading: boolean;
};

export function Events({ events, names, isOfOne = false, readEarlier, isReading }: Props) {
  const [most, setMost] = useState(SHOWN);
  const runs = useMemo(() => runsOf(events), [events]);
  const hasMore = runs.length > most;
  const showEarlier = () => {
    setMost(most + SHOWN);
    if (runs.length <= most + SHOWN) readEarlier?.();
  };
  return (
    <>
      <Days runs={runs.slice(0, most)} names={names} isOfOne={isOfOne} />
      {(hasMore || readEarlier !== undefined) && (
        <Button variant="default" mt="md" loading={isReading} onClick={showEarlier}>
          {text.earlier}
        </Button>
      )}
    </>
  );
}

type DaysProps = Pick<Props, "names" | "isOfOne"> & { readonly runs: readonly Run[] };

export const Days = ({ runs, names, isOfOne = false }: DaysProps) =>
  [...Map.groupBy(runs, ({ last }) => dayOf(last.time))].map(([day, some]) => (
    <section key={day} className={classes.day}>
      <Title order={2} className={classes.date}>
        {dayName(day)}
      </Title>
      <ol className={classes.events}>
        {some.map((run) => (
          <Done key={run.last.event} run={run} names={names} isOfOne={isOfOne} />
        ))}
      </ol>
    </section>
  ));

function dayName(day: string): string {
  const now = Date.now() / 1000;
  if (day === dayOf(now)) return text.today;
  if (day === dayOf(now - 86_400)) return text.yesterday;
  return new Date(day).toLocaleDateString("en-GB", { dateStyle: "full" });
}

/** Whose object has no name that says anything: a session is told by where it was begun from. */
const NAMELESS = /^(session|profile\/sessions)(\/|$)/;

type DoneProps = Pick<Props, "names"> & { readonly run: Run; readonly isOfOne: boolean };

function Done({ run: { last: event, count }, names, isOfOne }: DoneProps) {
  const { time, command, object } = event;
  const at = new Date(time * 1000);
  return (
    <li className={classes.event}>
      <time dateTime={at.toISOString()} title={at.toLocaleString("en-GB")} className={classes.time}>
        {at.toLocaleTimeString("en-GB", { timeStyle: "short" })}
      </time>
      <span className={classes.what}>
        {saidOf(event) ?? <code className={classes.command}>{command}</code>}
        {object !== undefined && !isOfOne && !NAMELESS.test(command) && (
          <> {<Named object={object} names={names} />}</>
        )}
        {count > 1 && <span className={classes.count}> {text.times(count)}</span>}
      </span>
      <Who event={event} names={names} />
      <Outcome event={event} />
    </li>
  );
}

/** One that is there leads to its page; of another, all that was done to it is found. */
function Named({ object, names }: Pick<Props, "names"> & { readonly object: string }) {
  const found = names.get(object);
  if (found === undefined || found.to === null) {
    return (
      <Link to="/activity" search={{ object }} className={found === undefined ? classes.uuid : undefined}>
        {found?.name ?? object}
      </Link>
    );
  }
  return (
    <Link to={found.to} params={{ uuid: object }}>
      {found.name}
    </Link>
  );
}

function Who({ event: { user, actor, key, address }, names }: Pick<DoneProps, "names"> & { event: Event }) {
  if (actor !== user) {
    return (
      <span className={classes.who} data-other>
        <strong>{text.admin}</strong> {text.adminNote(actor)}
      </span>
    );
  }
  const by = key === undefined ? undefined : names.get(key)?.name;
  return (
    <span className={classes.who}>
      {text.you}
      {by !== undefined && (
        <>
          {" "}
          <SentenceWith says={text.withKey} theirs={by} />
        </>
      )}
      {address !== undefined && address !== "" && `, ${text.from(address)}`}
    </span>
  );
}

function Outcome({ event }: { readonly event: Event }) {
  const { outcome } = event;
  return (
    <span className={classes.outcome}>
      {isFailed(event) ? (
        <Status status={text.failed(outcome)} kind="failed" />
      ) : (
        <Text span size="sm" c="dimmed">
          {isDone(event, Date.now() / 1000) ? text.done : text.begun}
        </Text>
      )}
    </span>
  );
}
