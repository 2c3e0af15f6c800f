/** What an admin's pages read. Each time it is read is in the audit trail, so it is not read often. */
import { queryOptions } from "@tanstack/react-query";
import { headersFor } from "../api/acting.ts";
import { read } from "../api/client.ts";
import type { Event } from "../api/events.ts";
import type { Profile } from "../api/objects.ts";
import type { Check, CloudInfo, Delivery, Host, Need, Pool, PriceList, Trouble, Webhook } from "./objects.ts";

const SELDOM_MS = 30_000;

const found = <T>(key: readonly unknown[], path: string, user?: string) =>
  queryOptions({
    queryKey: ["cloud", ...key],
    queryFn: ({ signal }) => read<T>(path, signal, user === undefined ? {} : headersFor(user)),
    refetchInterval: SELDOM_MS,
  });

export const accountsQuery = found<readonly Profile[]>(["accounts"], "accounts/info");

export const accountQuery = (user: string) => found<Profile>(["accounts", user], `accounts/${user}/info`);

export const cloudQuery = found<CloudInfo>(["info"], "cloud/info");
export const needsQuery = found<readonly Need[]>(["status"], "cloud/status");
export const troublesQuery = found<readonly Trouble[]>(["troubles"], "cloud/troubles");
export const hostsQuery = found<readonly Host[]>(["hosts"], "hosts/info");
export const poolsQuery = found<readonly Pool[]>(["pools"], "pools/info");
export const priceListsQuery = found<readonly PriceList[]>(["prices"], "pricing/lists");
export const webhooksQuery = found<readonly Webhook[]>(["webhooks"], "webhooks/info");

export const deliveriesQuery = (webhook: string) =>
  found<readonly Delivery[]>(["webhooks", webhook], `webhooks/${webhook}/log`);

/** A host looks at itself at most once a minute. */
export const checksQuery = (host: string) => ({
  ...found<readonly Check[]>(["checks", host], `hosts/${encodeURIComponent(host)}/checks`),
  refetchInterval: 60_000,
  staleTime: 60_000,
});

/** The last thousand, or as many from that number on. */
export const eventsQuery = (from: number | undefined) =>
  found<readonly Event[]>(["events", from ?? "last"], from === undefined ? "events" : `events/${from}`);

/** Of one account, as it is told them itself. */
export const eventsOfQuery = (user: string) =>
  found<readonly Event[]>(["events", "of", user], "profile/events", user);
