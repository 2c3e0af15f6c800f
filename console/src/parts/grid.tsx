/** A list as a table, of which the rows on the screen alone are there. */
import { Checkbox, UnstyledButton } from "@mantine/core";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { type Column, type ListSearch, listSearch, type Selection } from "./list.ts";
import classes from "./rows.module.css";
import { text } from "./text.ts";

type Props<T> = {
  readonly label: string;
  readonly shown: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly idOf: (row: T) => string;
  readonly search: ListSearch;
  readonly onSearch: (search: ListSearch) => void;
  readonly selection?: Selection<T>;
};

const ROW_PX = 48;
const OVERSCAN = 8;
const CHECKBOX = "1.250rem";

export function Grid<T>(props: Props<T>) {
  const { label, shown, columns, idOf, search, onSearch, selection } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const virtual = useWindowVirtualizer({
    count: shown.length,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollMargin: body.current?.offsetTop ?? 0,
    getItemKey: (index) => idOf(shown[index] as T),
  });
  const widthsOf = (some: readonly Column<T>[]) =>
    [...(selection === undefined ? [] : [CHECKBOX]), ...some.map(({ width }) => width)].join(" ");
  const widths = {
    "--columns": widthsOf(columns),
    "--narrow": widthsOf(columns.filter(({ isSecondary }) => isSecondary !== true)),
  } as React.CSSProperties;
  return (
    <table aria-label={label} aria-rowcount={shown.length + 1} className={classes.table} style={widths}>
      <thead>
        <tr aria-rowindex={1} className={classes.header}>
          {selection !== undefined && (
            <th scope="col" className={classes.cell}>
              <AllBox shown={shown} idOf={idOf} selection={selection} />
            </th>
          )}
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
            {selection !== undefined && (
              <td className={classes.cell}>
                <RowBox row={shown[index] as T} idOf={idOf} selection={selection} />
              </td>
            )}
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

type BoxProps<T> = { readonly idOf: (row: T) => string; readonly selection: Selection<T> };

/** Chooses all that is shown, or none of it. */
export function AllBox<T>({ shown, idOf, selection }: BoxProps<T> & { readonly shown: readonly T[] }) {
  const { chosen, onChoose } = selection;
  const count = chosen.size === 0 ? 0 : shown.filter((row) => chosen.has(idOf(row))).length;
  const isAll = count === shown.length;
  const toggle = () => {
    const next = new Set(chosen);
    for (const row of shown) isAll ? next.delete(idOf(row)) : next.add(idOf(row));
    onChoose(next);
  };
  return (
    <Checkbox
      size="xs"
      aria-label={text.chooseAll(shown.length)}
      checked={isAll}
      indeterminate={count > 0 && !isAll}
      onChange={toggle}
    />
  );
}

export function RowBox<T>({ row, idOf, selection }: BoxProps<T> & { readonly row: T }) {
  const { chosen, onChoose, nameOf } = selection;
  const id = idOf(row);
  const toggle = () => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChoose(next);
  };
  return (
    <Checkbox size="xs" aria-label={text.choose(nameOf(row))} checked={chosen.has(id)} onChange={toggle} />
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
        onClick={() => onSearch(listSearch({ ...search, sort: next }))}
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
