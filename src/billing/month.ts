/** A calendar month (UTC), as an invoice is of one: `2026-12`. */

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;

/** From its first second up to that of the next month, in seconds since the epoch. */
export type Month = { readonly name: string; readonly from: number; readonly to: number };

/** The month of that name, null where there is none. */
export function monthNamed(name: string): Month | null {
  const [, year, month] = MONTH.exec(name) ?? [];
  return year === undefined ? null : monthAt(Date.UTC(Number(year), Number(month) - 1) / 1000);
}

/** The month that a time is in. */
export function monthAt(time: number): Month {
  const date = new Date(time * 1000);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return {
    name: date.toISOString().slice(0, 7),
    from: Date.UTC(year, month) / 1000,
    to: Date.UTC(year, month + 1) / 1000,
  };
}

export const monthAfter = ({ to }: Month): Month => monthAt(to);
