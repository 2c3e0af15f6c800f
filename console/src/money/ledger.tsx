/** What was charged and credited in a month, the last of it first. */
import { Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { moment } from "../parts/amounts.ts";
import { Failure, Panel, Waiting } from "../parts/page.tsx";
import { type Column, Rows } from "../parts/rows.tsx";
import { MonthChoice, useMonth } from "./month.tsx";
import { type Entry, ledgerQuery } from "./queries.ts";
import { text } from "./text.ts";

const { ledger: said } = text;

const kindOf = ({ kind }: Entry) => said.kinds[kind] ?? kind;

/** What it is for, in a few words. */
function whatOf(entry: Entry): string {
  const { kind, resource = "", text: told = "" } = entry;
  if (kind === "burst") return text.resource(resource);
  if (kind === "subscription") return said.subscriptionTo(text.resource(resource));
  return told === "" ? kindOf(entry) : told;
}

/** A moment of the month that is shown. */
const momentInMonth = (seconds: number) =>
  new Date(seconds * 1000).toLocaleString("en-GB", {
    ...{ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  });

const COLUMNS: readonly Column<Entry>[] = [
  {
    id: "entry",
    title: said.entry,
    width: "4.5rem",
    isSecondary: true,
    isNumber: true,
    value: ({ entry }) => entry,
    cell: ({ entry }) => entry,
  },
  {
    id: "time",
    title: said.time,
    width: "7rem",
    value: ({ time }) => time,
    cell: ({ time }) => <time title={moment(time)}>{momentInMonth(time)}</time>,
  },
  {
    id: "what",
    title: said.what,
    width: "minmax(4rem, 2fr)",
    value: (entry) => `${whatOf(entry)} ${kindOf(entry)} ${entry.text ?? ""}`,
    cell: (entry) => <span title={entry.text}>{whatOf(entry)}</span>,
  },
  {
    id: "amount",
    title: said.amount,
    width: "minmax(6.5rem, 1fr)",
    isNumber: true,
    value: ({ amount }) => Number(amount),
    cell: ({ amount }) => amount,
  },
  {
    id: "balance",
    title: said.balance,
    isSecondary: true,
    width: "minmax(6rem, 1fr)",
    isNumber: true,
    value: ({ balance }) => Number(balance),
    cell: ({ balance }) => balance,
  },
];

const NEWEST_FIRST = "-entry";

export function Ledger() {
  const { month } = useMonth();
  const { data: entries, error, refetch } = useQuery(ledgerQuery(month));
  const { q, sort = NEWEST_FIRST } = useSearch({ from: "/account" });
  const navigate = useNavigate({ from: "/account" });
  return (
    <>
      <Group justify="flex-end" mb="sm">
        <MonthChoice />
      </Group>
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {entries === undefined && error === null && <Waiting />}
      {entries?.length === 0 && (
        <Panel>
          <Text c="dimmed">{said.empty}</Text>
        </Panel>
      )}
      {entries !== undefined && entries.length > 0 && (
        <Rows
          label={said.title}
          rows={entries}
          columns={COLUMNS}
          idOf={({ entry }) => String(entry)}
          search={{ ...(q === undefined ? {} : { q }), sort }}
          onSearch={(next) =>
            void navigate({ search: { tab: "ledger", month: month.name, ...next }, replace: true })
          }
        />
      )}
    </>
  );
}
