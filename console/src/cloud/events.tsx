/** Events of the audit trail as rows. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { saidOf } from "../activity/events.ts";
import type { Event } from "../api/events.ts";
import { called, type Profile, textOf } from "../api/objects.ts";
import { moment } from "../parts/amounts.ts";
import type { Column, ListSearch } from "../parts/list.ts";
import { Empty, Failure, Mono, Waiting } from "../parts/page.tsx";
import { Rows } from "../parts/rows.tsx";
import { isolated } from "../parts/theirs.tsx";
import classes from "./events.module.css";
import { accountsQuery, eventsOfQuery, eventsQuery } from "./queries.ts";
import { text } from "./text.ts";

const { audit: said } = text;

export type Names = ReadonlyMap<string, string>;

/** Accounts by their names, as far as they are known. */
export function useNames(): Names {
  const { data: accounts } = useQuery(accountsQuery);
  return useMemo(() => new Map((accounts ?? []).map(nameOf)), [accounts]);
}

const nameOf = ({ user, name }: Profile) => [user, called(name, user)] as const;

/** Of a trail the latest comes first, unless the address says otherwise. */
const LATEST_FIRST = "-event";

type Props = {
  readonly label: string;
  readonly events: readonly Event[];
  readonly names: Names;
  /** Whether all are of one account, which then need not be told. */
  readonly isOfOne?: boolean;
  readonly search: ListSearch;
  readonly onSearch: (search: ListSearch) => void;
};

export function EventRows({ label, events, names, isOfOne = false, search, onSearch }: Props) {
  const columns = useMemo(
    () => columnsOf(names).filter(({ id }) => !isOfOne || id !== "user"),
    [names, isOfOne],
  );
  return (
    <Rows
      label={label}
      rows={events}
      columns={columns}
      idOf={({ event }) => String(event)}
      search={{ ...search, sort: search.sort ?? LATEST_FIRST }}
      onSearch={onSearch}
    />
  );
}

const columnsOf = (names: Names): readonly Column<Event>[] => [
  {
    id: "event",
    title: said.columns.time,
    width: "9.750rem",
    value: ({ event }) => event,
    cell: ({ time }) => moment(time),
  },
  {
    id: "command",
    title: said.columns.command,
    width: "minmax(9rem, 3fr)",
    value: (event) => `${saidOf(event) ?? ""} ${event.command} ${textOf(event.object)} ${event.outcome}`,
    cell: (event) => <What event={event} names={names} />,
  },
  {
    id: "user",
    title: said.columns.user,
    width: "minmax(5rem, 0.8fr)",
    isSecondary: true,
    value: ({ user }) => `${names.get(user) ?? ""} ${user}`,
    cell: ({ user }) => <Account user={user} names={names} />,
  },
  {
    id: "actor",
    title: said.columns.actor,
    width: "minmax(4rem, 0.6fr)",
    isSecondary: true,
    value: ({ actor, user }) => (actor === user ? said.itself : `${names.get(actor) ?? ""} ${actor}`),
    cell: ({ actor, user }) => (actor === user ? said.itself : <Account user={actor} names={names} />),
  },
  {
    id: "object",
    title: said.columns.object,
    width: "minmax(5rem, 0.8fr)",
    isSecondary: true,
    value: ({ object }) => textOf(object),
    cell: ({ object, user }) =>
      object === user ? (
        ""
      ) : (
        <span title={object}>
          <Mono>{textOf(object)}</Mono>
        </span>
      ),
  },
  {
    id: "outcome",
    title: said.columns.outcome,
    width: "5.500rem",
    isSecondary: true,
    value: ({ outcome }) => outcome,
    cell: ({ outcome }) => outcome,
  },
  {
    id: "address",
    title: said.columns.address,
    width: "7rem",
    isSecondary: true,
    value: ({ address }) => textOf(address),
    cell: ({ address }) => <Mono>{textOf(address)}</Mono>,
  },
];

/** Where there is little room, whose it is and who did it stand below. */
function What({ event, names }: { event: Event; names: Names }) {
  const { command, user, actor } = event;
  const [whose, who] = [user, actor].map((account) => names.get(account) ?? account);
  return (
    <>
      <span title={command}>{saidOf(event) ?? <Mono>{command}</Mono>}</span>
      <span className={classes.who}>
        {actor === user ? whose : said.by(isolated(String(whose)), isolated(String(who)))}
      </span>
    </>
  );
}

const Account = ({ user, names }: { user: string; names: Names }) => (
  <Link to="/cloud/accounts/$user" params={{ user }} title={user}>
    {names.get(user) ?? user}
  </Link>
);

/** What was done in one account. A closed one is not asked for its own any more: the last of all are looked through. */
export function AccountEvents({ user, isClosed }: { user: string; isClosed: boolean }) {
  const own = useQuery({ ...eventsOfQuery(user), enabled: !isClosed });
  const all = useQuery({ ...eventsQuery(undefined), enabled: isClosed });
  const { data, error, refetch } = isClosed ? all : own;
  const names = useNames();
  const { tab, q, sort } = useSearch({ from: "/cloud/accounts/$user" });
  const navigate = useNavigate({ from: "/cloud/accounts/$user" });
  const events = useMemo(() => data?.filter((event) => event.user === user), [data, user]);
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (events === undefined) return <Waiting />;
  if (events.length === 0) return <Empty title={said.empty}>{said.emptyHint}</Empty>;
  return (
    <EventRows
      label={text.accounts.tabs.events}
      events={events}
      names={names}
      isOfOne
      search={{ ...(q === undefined ? {} : { q }), ...(sort === undefined ? {} : { sort }) }}
      onSearch={(next) => void navigate({ search: { ...(tab && { tab }), ...next }, replace: true })}
    />
  );
}
