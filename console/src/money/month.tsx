/** Which month is shown: a choice of some, that is in the address. */
import { NativeSelect } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lastMonths, type Month, monthNamed } from "./queries.ts";
import { text } from "./text.ts";

/** Over a year, so that a month can be held against that of the year before. */
const OFFERED = 14;

/** The month of the address, and all that are offered; where the address has none, this one. */
export function useMonth(): { readonly month: Month; readonly offered: readonly Month[] } {
  const { month: name } = useSearch({ from: "/account" });
  const last = lastMonths(OFFERED);
  const asked = monthNamed(name);
  const month = asked ?? last[0] ?? { name: "", from: 0, to: 0 };
  const offered = last.some((each) => each.name === month.name) ? last : [...last, month];
  return { month, offered };
}

export function MonthChoice() {
  const { month, offered } = useMonth();
  const navigate = useNavigate({ from: "/account" });
  const [now] = offered;
  return (
    <NativeSelect
      aria-label={text.monthLabel}
      value={month.name}
      data={offered.map(({ name }) => ({
        value: name,
        label: name === now?.name ? text.used.soFar(name) : name,
      }))}
      onChange={({ currentTarget: { value } }) =>
        void navigate({ search: (before) => ({ ...before, month: value }), replace: true })
      }
    />
  );
}
