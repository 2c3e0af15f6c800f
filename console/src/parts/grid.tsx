/** A list as a table, of which the rows on the screen alone are there. */
import { UnstyledButton } from "@mantine/core";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { memo, useCallback, useLayoutEffect, useRef } from "react";
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
const OVERSCAN = 4;
const CHECKBOX = "1.250rem";

export function Grid<T>(props: Props<T>) {
  const { label, shown, columns, idOf, search, onSearch, selection } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const virtual = useWindowVirtualizer({
    count: shown.length,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollMargin: body.current?.offsetTop ?? 0,
    getItemKey: useCallback((index: number) => idOf(shown[index] as T), [shown, idOf]),
  });
  const toggle = useToggle(selection);
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
          <Row
            key={key}
            row={shown[index] as T}
            index={index}
            startPx={start - virtual.options.scrollMargin}
            columns={columns}
            {...(selection === undefined
              ? {}
              : {
                  box: {
                    isChosen: selection.chosen.has(String(key)),
                    name: selection.nameOf(shown[index] as T),
                    toggle,
                  },
                })}
            id={String(key)}
          />
        ))}
      </tbody>
    </table>
  );
}

type RowProps<T> = {
  readonly row: T;
  readonly id: string;
  readonly index: number;
  readonly startPx: number;
  readonly columns: readonly Column<T>[];
  readonly box?: { readonly isChosen: boolean; readonly name: string; readonly toggle: (id: string) => void };
};

/** Made anew where something of it changed alone: a list is filtered at every letter. */
const Row = memo(
  function Row<T>({ row, id, index, startPx, columns, box }: RowProps<T>) {
    return (
      <tr
        aria-rowindex={index + 2}
        className={classes.row}
        style={{ transform: `translateY(${startPx}px)`, height: ROW_PX }}
      >
        {box !== undefined && (
          <td className={classes.cell}>
            <Box label={text.choose(box.name)} isChosen={box.isChosen} onToggle={() => box.toggle(id)} />
          </td>
        )}
        {columns.map((column) => (
          <td key={column.id} className={classes.cell} {...traits(column)}>
            {shownIn(column, row)}
          </td>
        ))}
      </tr>
    );
  },
  (one, other) =>
    one.row === other.row &&
    one.index === other.index &&
    one.startPx === other.startPx &&
    one.columns === other.columns &&
    one.box?.isChosen === other.box?.isChosen,
) as <T>(props: RowProps<T> & { key?: React.Key }) => React.ReactNode;

/** What has nothing to say says so; buttons, whose column has no title, are there or not. */
function shownIn<T>({ cell, title }: Column<T>, row: T) {
  const shown = cell(row);
  return shown === "" && title !== "" ? text.none : shown;
}

/** Chooses one, or leaves it out: the same function for as long as the list is there. */
export function useToggle<T>(selection: Selection<T> | undefined): (id: string) => void {
  const latest = useRef(selection);
  useLayoutEffect(() => {
    latest.current = selection;
  });
  return useCallback((id) => {
    const next = new Set(latest.current?.chosen);
    if (!next.delete(id)) next.add(id);
    latest.current?.onChoose(next);
  }, []);
}

type AllProps<T> = {
  readonly idOf: (row: T) => string;
  readonly selection: Selection<T>;
  readonly shown: readonly T[];
};

/** Chooses all that is shown, or none of it. */
export function AllBox<T>({ shown, idOf, selection }: AllProps<T>) {
  const { chosen, onChoose } = selection;
  const count = chosen.size === 0 ? 0 : shown.filter((row) => chosen.has(idOf(row))).length;
  const isAll = count === shown.length;
  const toggle = () => {
    const next = new Set(chosen);
    for (const row of shown) isAll ? next.delete(idOf(row)) : next.add(idOf(row));
    onChoose(next);
  };
  return (
    <Box
      label={text.chooseAll(shown.length)}
      isChosen={isAll}
      isSome={count > 0 && !isAll}
      onToggle={toggle}
    />
  );
}

type BoxProps = {
  readonly label: string;
  readonly isChosen: boolean;
  readonly isSome?: boolean;
  readonly onToggle: () => void;
};

/** The browser's own: there is one in every row. */
export const Box = ({ label, isChosen, isSome = false, onToggle }: BoxProps) => (
  <input
    type="checkbox"
    className={classes.box}
    aria-label={label}
    checked={isChosen}
    ref={(box) => {
      if (box !== null) box.indeterminate = isSome;
    }}
    onChange={onToggle}
  />
);

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
  // What has no title is nothing to sort by, such as the buttons of a row.
  if (title === "") return <td className={classes.cell} {...traits(column)} />;
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
