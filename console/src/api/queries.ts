/**
 * What is read of the cloud, and how often it is read again: soon while something changes, seldom else, still more seldom while the
 * cloud tells of changes, never in a hidden tab.
 */
import { type Query, QueryClient, queryOptions } from "@tanstack/react-query";
import { read } from "./client.ts";
import { connection } from "./connection.ts";
import { ApiError, isStatus, Unreachable } from "./errors.ts";
import { live } from "./live.ts";
import { longList } from "./long-list.ts";
import type { ApiKey, Drive, Profile, Resource, Server, Session } from "./objects.ts";

const SOON_MS = 3_000;
const SELDOM_MS = 30_000;
/** While the cloud tells of changes: counters, which are none, are as old as that. */
const LIVE_MS = 120_000;
/** How long after a change it is looked at soon. */
const CHANGING_MS = 60_000;

let changedAtMs = Number.NEGATIVE_INFINITY;

/** Something begins to change: reads what is shown again, and soon for a while. */
export async function noteChange(client: QueryClient): Promise<void> {
  changedAtMs = performance.now();
  await client.invalidateQueries();
}

export function refetchInterval({ state }: { readonly state: { readonly data?: unknown } }): number {
  if (live.isOn()) return isProgressing(state.data) ? SOON_MS : LIVE_MS;
  return performance.now() - changedAtMs < CHANGING_MS ? SOON_MS : SELDOM_MS;
}

/** How far an imaging is, is told to who asks alone. */
const isProgressing = (data: unknown) =>
  [data].flat().some((each) => typeof each === "object" && each !== null && "imaging" in each);

const listed = <T>(name: string, path: string) =>
  queryOptions({
    queryKey: [name],
    queryFn: ({ signal }) => read<readonly T[]>(path, signal),
    refetchInterval,
  });

/** As above, of which there may be very many. */
const manyListed = <T>(name: string, path: string) => {
  const readList = longList<T>(path);
  return queryOptions({
    queryKey: [name],
    queryFn: ({ signal }) => readList(signal),
    structuralSharing: false,
    refetchInterval,
  });
};

const one = <T>(name: string, path: string, uuid: string) =>
  queryOptions({
    queryKey: [name, uuid],
    queryFn: ({ signal }) => read<T>(path, signal),
    refetchInterval,
  });

export const serversQuery = manyListed<Server>("servers", "servers/info");
export const drivesQuery = manyListed<Drive>("drives", "drives/info/full");
export const standardQuery = listed<Drive>("standard", "drives/standard/info");
export const resourcesQuery = listed<Resource>("resources", "resources/info");
export const keysQuery = listed<ApiKey>("keys", "profile/keys/info");
export const sessionsQuery = listed<Session>("sessions", "profile/sessions/info");

export const serverQuery = (uuid: string) => one<Server>("servers", `servers/${uuid}/info`, uuid);
export const driveQuery = (uuid: string) => one<Drive>("drives", `drives/${uuid}/info/full`, uuid);

/** Who is logged in, null where nobody is. */
export const profileQuery = queryOptions({
  queryKey: ["profile"],
  queryFn: async ({ signal }) => {
    try {
      return await read<Profile>("profile/info", signal);
    } catch (error) {
      if (isStatus(error, 401)) return null;
      throw error;
    }
  },
  refetchInterval: SELDOM_MS,
});

/** What was refused is refused again; what was not reached may be soon. */
const retry = (failures: number, error: Error) =>
  failures < 3 && (!(error instanceof ApiError) || error.status >= 502);

const wasNotReached = ({ state: { error } }: Query) => error instanceof Unreachable;

export function openQueries(): QueryClient {
  // Whether the machine has a network is nothing to go by: the cloud may be on it.
  const networkMode = "always";
  const client = new QueryClient({
    defaultOptions: { queries: { retry, staleTime: 2_000, networkMode }, mutations: { networkMode } },
  });
  const askWhose = () => {
    const { queryKey } = profileQuery;
    if (client.getQueryData(queryKey) == null) return;
    void client.refetchQueries({ queryKey }, { cancelRefetch: false });
  };
  // A session that is over anywhere is over everywhere; that it is, the profile says: what was asked before it began may be
  // refused long after.
  client.getQueryCache().subscribe((event) => {
    if (event.type !== "updated" || event.action.type !== "error" || !isStatus(event.action.error, 401))
      return;
    const { query } = event;
    if (query.queryKey[0] !== profileQuery.queryKey[0]) askWhose();
    // What is shown stays as it was read, for whoever logs in again.
    if (query.state.data !== undefined)
      query.setState({ status: "success", error: null, isInvalidated: true });
  });
  client.getMutationCache().subscribe((event) => {
    if (event.type === "updated" && event.action.type === "error" && isStatus(event.action.error, 401))
      askWhose();
  });
  // Pages say that they go on by themselves, those too of which nothing is read every so often.
  connection.subscribe(() => {
    if (!connection.isLost()) void client.refetchQueries({ type: "active", predicate: wasNotReached });
  });
  return client;
}
