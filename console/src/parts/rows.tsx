/** A list of any length, of which the rows on the screen alone are there; sorted and filtered by what is in the address. */
import { ActionIcon, Button, Group, Paper, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useMemo, useRef } from "react";
import { Icon } from "./icons.tsx";
import classes from "./rows.module.css";
import { text } from "./text.ts";

export type Column<T> = {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: T) => ReactNode;
  /** What rows are sorted and filtered by. */
  readonly value: (row: T) => string | number;
  readonly width: string;
  /** Left out where there is little room. */
  readonly isSecondary?: boolean;
  readonly isNumber?: boolean;
};

/** Of a list, in the address. */
export type ListSearch = { readonly q?: string; readonly sort?: string };

/** As an address has it: what is no text is left out. */
export const listSearch = ({ q, sort }: Readonly<Record<string, unknown>>): ListSearch => ({
  ...(typeof q === "string" && q !== "" ? { q } : {}),
  ...(typeof sort === "string" && sort !== "" ? { sort } : {}),
});

type Props<T> = {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly idOf: (row: T) => string;
  readonly search: ListSearch;
  readonly onSearch: (search: ListSearch) => void;
};

const ROW_PX = 48;
const OVERSCAN = 8;

export function Rows<T>(props: Props<T>) {
  const { rows, columns, search, onSearch, label } = props;
  const shown = useShown(rows, columns, search);
  return (
    <>
      <Group mb="sm" gap="md">
        <TextInput
          className={classes.filter}
          aria-label={`${text.filter}: ${label}`}
          placeholder={text.filter}
          type="search"
          value={search.q ?? ""}
          leftSection={<Icon name="search" />}
          onChange={({ currentTarget: { value } }) => onSearch(listSearch({ ...search, q: value }))}
        />
        <Text c="dimmed" size="sm" role="status">
          {text.shown(shown.length, rows.length)}
        </Text>
      </Group>
      <Paper withBorder className={classes.paper} bg="var(--lodge-raised)">
        {shown.length > 0 ? <Grid {...props} shown={shown} /> : <NoMatch onClear={() => onSearch({})} />}
      </Paper>
    </>
  );
}

const NoMatch = ({ onClear }: { onClear: () => void }) => (
  <Group p="xl" justify="center">
    <Text c="dimmed">{text.noMatch}</Text>
    <Button variant="default" size="xs" onClick={onClear}>
      {text.clearFilter}
    </Button>
  </Group>
);

function Grid<T>({
  label,
  shown,
  columns,
  idOf,
  search,
  onSearch,
}: Props<T> & { readonly shown: readonly T[] }) {
  const body = useRef<HTMLTableSectionElement>(null);
  const virtual = useWindowVirtualizer({
    count: shown.length,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollMargin: body.current?.offsetTop ?? 0,
    getItemKey: (index) => idOf(shown[index] as T),
  });
  const template = { "--columns": columns.map(({ width }) => width).join(" ") } as React.CSSProperties;
  const narrow = {
    "--narrow": columns
      .filter(({ isSecondary }) => isSecondary !== true)
      .map(({ width }) => width)
      .join(" "),
  } as React.CSSProperties;
  return (
    <table
      aria-label={label}
      aria-rowcount={shown.length + 1}
      className={classes.table}
      style={{ ...template, ...narrow }}
    >
      <thead>
        <tr aria-rowindex={1} className={classes.header}>
          {columns.map((column) => (
            <Heading key={column.id} column={column} search={search} onSearch={onSearch} />
          ))}
        </tr>
      </thead>
      <tbody ref={body} style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {virtual.getVirtualItems().map(({ index, key, start }) => (
          <tr
            key={key}
            aria-rowindex={index + 2}
            className={classes.row}
            style={{ transform: `translateY(${start - virtual.options.scrollMargin}px)`, height: ROW_PX }}
          >
            {columns.map((column) => (
              <td key={column.id} className={classes.cell} {...traits(column)}>
                {column.cell(shown[index] as T)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const traits = <T,>({ isSecondary, isNumber }: Column<T>) => ({
  ...(isSecondary === true ? { "data-secondary": true } : {}),
  ...(isNumber === true ? { "data-number": true } : {}),
});

type HeadingProps<T> = Pick<Props<T>, "search" | "onSearch"> & { readonly column: Column<T> };

function Heading<T>({ column, search, onSearch }: HeadingProps<T>) {
  const { id, title } = column;
  const { sort } = search;
  const direction = sort === id ? "ascending" : sort === `-${id}` ? "descending" : "none";
  const next = direction === "ascending" ? `-${id}` : id;
  return (
    <th scope="col" aria-sort={direction} className={classes.cell} {...traits(column)}>
      <UnstyledButton
        className={classes.heading}
        onClick={() => onSearch({ ...search, sort: next })}
        title={text.sortBy(title)}
      >
        {title}
        <span aria-hidden="true" className={classes.direction}>
          {direction === "ascending" ? "▲" : direction === "descending" ? "▼" : ""}
        </span>
      </UnstyledButton>
    </th>
  );
}

function useShown<T>(rows: readonly T[], columns: readonly Column<T>[], { q, sort }: ListSearch) {
  return useMemo(() => {
    const words = (q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    const matches = (row: T) => {
      const all = columns.map(({ value }) => String(value(row)).toLowerCase()).join("\n");
      return words.every((word) => all.includes(word));
    };
    const kept = words.length === 0 ? [...rows] : rows.filter(matches);
    const isDown = sort?.startsWith("-") === true;
    const column = columns.find(({ id }) => id === (isDown ? sort?.slice(1) : sort)) ?? columns[0];
    if (column === undefined) return kept;
    const keyed = kept.map((row) => ({ row, value: column.value(row) }));
    keyed.sort((one, other) => compared(one.value, other.value) * (isDown ? -1 : 1));
    return keyed.map(({ row }) => row);
  }, [rows, columns, q, sort]);
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

const compared = (one: string | number, other: string | number) =>
  typeof one === "number" && typeof other === "number"
    ? one - other
    : collator.compare(String(one), String(other));

/** More characters than that take two columns of facts. */
const LONG = 24;

/** A text with a button that copies it. */
export function Copyable({ value, label }: { value: string; label: string }) {
  return (
    <Group
      gap={6}
      wrap="nowrap"
      className={classes.copyable}
      {...(value.length > LONG ? { "data-long": true } : {})}
    >
      <span className={classes.mono}>{value}</span>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        aria-label={`${text.copy}: ${label}`}
        title={text.copy}
        onClick={() => void navigator.clipboard?.writeText(value)}
      >
        <Icon name="copy" size={15} />
      </ActionIcon>
    </Group>
  );
}
