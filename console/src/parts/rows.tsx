/**
 * A list of any length, of which what is on the screen alone is there: as a table or as cards, sorted and filtered by what is in
 * the address, some of it chosen.
 */
import {
  ActionIcon,
  Button,
  Group,
  NativeSelect,
  Paper,
  SegmentedControl,
  Text,
  TextInput,
} from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { type ReactNode, useDeferredValue, useMemo } from "react";
import { Cards } from "./cards.tsx";
import { Grid } from "./grid.tsx";
import { Icon } from "./icons.tsx";
import { type Column, type ListSearch, listSearch, type Selection } from "./list.ts";
import classes from "./rows.module.css";
import { useShown } from "./shown.ts";
import { TagChips } from "./tag-chips.tsx";
import { text } from "./text.ts";
import { useTyped } from "./typed.ts";

export type { Column } from "./list.ts";

type Props<T> = {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly idOf: (row: T) => string;
  readonly search: ListSearch;
  readonly onSearch: (search: ListSearch) => void;
  /** Where rows have tags, they are to choose from. */
  readonly tagsOf?: (row: T) => readonly string[];
  /** Where rows can be cards too: what is on one. */
  readonly card?: (row: T) => ReactNode;
  readonly selection?: Selection<T>;
  /** What can be done with what is chosen, of the rows that no filter hides. */
  readonly bulk?: (shown: readonly T[]) => ReactNode;
};

/** Nothing is drawn of a list yet. */
const NONE: readonly never[] = [];

/** Where there is less room, a card says more than a row. */
const NARROW = "(max-width: 48em)";

export function Rows<T extends object>(props: Props<T>) {
  const { rows, columns, search, onSearch, label, tagsOf, card, bulk } = props;
  const isNarrow = useMediaQuery(NARROW) ?? false;
  const haveTags = useMemo(() => rows.some((row) => (tagsOf?.(row).length ?? 0) > 0), [rows, tagsOf]);
  const view = card === undefined ? "table" : (search.view ?? (isNarrow ? "cards" : "table"));
  const change = (changed: ListSearch) => onSearch(listSearch({ ...search, ...changed }));
  const [typed, type] = useTyped(search.q ?? "", (q) => change({ q }));
  const q = useDeferredValue(typed);
  // What is above it is there first, then the list is sorted and drawn, in pieces.
  const listed = useDeferredValue(rows, NONE);
  const shown = useShown(listed, columns, { ...search, q }, tagsOf);
  return (
    <div className={classes.rows}>
      <Group mb="sm" gap="sm">
        <TextInput
          className={classes.filter}
          aria-label={`${text.filter}: ${label}`}
          placeholder={text.filter}
          type="search"
          value={typed}
          leftSection={<Icon name="search" />}
          onChange={({ currentTarget: { value } }) => type(value)}
        />
        {view === "cards" && (
          <NativeSelect
            aria-label={text.sort}
            value={search.sort ?? columns[0]?.id ?? ""}
            data={columns.flatMap(directionsOf)}
            onChange={({ currentTarget: { value } }) => change({ sort: value })}
          />
        )}
        {card !== undefined && (
          <SegmentedControl
            aria-label={text.view}
            value={view}
            data={[
              { value: "table", label: text.table },
              { value: "cards", label: text.cards },
            ]}
            onChange={(value) => change({ view: value as "table" | "cards" })}
          />
        )}
        <Text c="dimmed" size="sm" role="status">
          {listed !== NONE && text.shown(shown.length, listed.length)}
        </Text>
      </Group>
      {tagsOf !== undefined && (
        <TagChips rows={listed} tagsOf={tagsOf} chosen={search.tag} onChoose={(tag) => change({ tag })} />
      )}
      {bulk?.(shown)}
      {listed === NONE ? null : shown.length === 0 ? (
        <Paper withBorder className={classes.paper} bg="var(--lodge-raised)">
          <NoMatch
            onClear={() => {
              type("");
              onSearch(listSearch({ sort: search.sort, view: search.view }));
            }}
          />
        </Paper>
      ) : view === "cards" && card !== undefined ? (
        <Cards key={String(haveTags)} {...props} shown={shown} card={card} haveTags={haveTags} />
      ) : (
        <Paper withBorder className={classes.paper} bg="var(--lodge-raised)">
          <Grid {...props} shown={shown} />
        </Paper>
      )}
    </div>
  );
}

const directionsOf = <T,>({ id, title }: Column<T>) => [
  { value: id, label: `${title} ↑` },
  { value: `-${id}`, label: `${title} ↓` },
];

const NoMatch = ({ onClear }: { onClear: () => void }) => (
  <Group p="xl" justify="center">
    <Text c="dimmed">{text.noMatch}</Text>
    <Button variant="default" size="xs" onClick={onClear}>
      {text.clearFilter}
    </Button>
  </Group>
);

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
