/** What lists are made of: their columns, what of them is in the address, and what is chosen of them. */
import type { ReactNode } from "react";
import type { Search } from "./search.ts";

export type Column<T> = {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: T) => ReactNode;
  /** What rows are sorted by, and filtered by where it is no number. */
  readonly value: (row: T) => string | number;
  /** What rows are sorted by, where that is less than what they are filtered by. */
  readonly order?: (row: T) => string | number;
  readonly width: string;
  /** Left out where there is little room. */
  readonly isSecondary?: boolean;
  readonly isNumber?: boolean;
};

/** Of a list, in the address. */
export type ListSearch = {
  readonly q?: string;
  readonly sort?: string;
  /** Tags with spaces between, all of which are wanted. */
  readonly tag?: string;
  readonly view?: "table" | "cards";
};

const TEXTS = ["q", "sort", "tag"] as const;

/** As an address has it: what is no text is left out. */
export function listSearch(search: Search): ListSearch {
  const { view } = search;
  const texts = TEXTS.flatMap((name) => {
    const text = search[name];
    return typeof text === "string" && text !== "" ? [[name, text] as const] : [];
  });
  return { ...Object.fromEntries(texts), ...(view === "table" || view === "cards" ? { view } : {}) };
}

export type Selection<T> = {
  /** By their ids. */
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (chosen: ReadonlySet<string>) => void;
  readonly nameOf: (row: T) => string;
};
