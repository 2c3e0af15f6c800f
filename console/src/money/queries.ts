/** What is read of use and money. */
import { queryOptions } from "@tanstack/react-query";
import { read } from "../api/client.ts";
import type { Price, Using } from "./cost.ts";

/** A row of `profile/usage`: amounts in units for an hour, of `xfer` in GB. */
export type Used = {
  readonly resource: string;
  readonly amount: string;
  readonly subscribed: string;
  readonly burst: string;
  readonly cost?: string;
};

export type Subscription = {
  readonly subscription: string;
  readonly resource: string;
  readonly amount: number;
  readonly period: "month" | "year";
  readonly from: number;
  readonly to: number;
  readonly renew: string;
  readonly price: string;
  readonly status: "active" | "ended";
  readonly left?: number;
};

export type Entry = {
  readonly entry: number;
  readonly time: number;
  readonly amount: string;
  readonly balance: string;
  readonly kind: string;
  readonly resource?: string;
  readonly from?: number;
  readonly to?: number;
  readonly text?: string;
};

export type Quote = {
  readonly price: string;
  readonly currency: string;
  readonly from: number;
  readonly to: number;
};

/** What is told of a resource is in keys of its name. */
export type Invoice = Readonly<Record<string, string | number | undefined>> & {
  readonly month: string;
  readonly user: string;
  readonly status: string;
  readonly currency: string;
};

const SELDOM_MS = 60_000;

const listed = <T>(key: readonly string[], path: string) =>
  queryOptions({
    queryKey: key,
    queryFn: ({ signal }) => read<readonly T[]>(path, signal),
    refetchInterval: SELDOM_MS,
  });

export const pricingQuery = listed<Price>(["pricing"], "pricing/info");
export const usingQuery = listed<Using>(["using"], "profile/usage/now");
export const subscriptionsQuery = listed<Subscription>(["subscriptions"], "subscriptions/info");
export const invoicesQuery = listed<{ readonly month: string }>(["invoices"], "profile/invoices/list");

export const usedQuery = ({ name, from, to }: Month) =>
  listed<Used>(["used", name], `profile/usage/${from}/${to}`);

export const ledgerQuery = ({ name, from, to }: Month) =>
  listed<Entry>(["ledger", name], `profile/ledger/${from}/${to}`);

export const invoiceQuery = (month: string) =>
  queryOptions({
    queryKey: ["invoices", month],
    queryFn: ({ signal }) => read<Invoice>(`profile/invoices/${month}/info`, signal),
  });

/** A calendar month, UTC: from its first second up to the first one after it, in seconds since the epoch. */
export type Month = { readonly name: string; readonly from: number; readonly to: number };

const NAME = /^(2\d{3})-(0[1-9]|1[0-2])$/;

/** Null for what names none. */
export function monthNamed(name: string | undefined): Month | null {
  const [, year, month] = NAME.exec(name ?? "") ?? [];
  if (name === undefined || year === undefined || month === undefined) return null;
  const at = (months: number) => Date.UTC(Number(year), Number(month) - 1 + months, 1) / 1000;
  return { name, from: at(0), to: at(1) };
}

/** So many months, this one first. */
export function lastMonths(count: number, nowMs = Date.now()): readonly Month[] {
  const now = new Date(nowMs);
  return Array.from({ length: count }, (_, ago) => {
    const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago, 1));
    return monthNamed(first.toISOString().slice(0, "2027-01".length));
  }).filter((month) => month !== null);
}
