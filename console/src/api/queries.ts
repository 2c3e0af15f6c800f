/** What is read of the cloud, and how often it is read again: soon while something changes, seldom else, never in a hidden tab. */
import { QueryClient, queryOptions } from "@tanstack/react-query";
import { read } from "./client.ts";
import { ApiError, isStatus } from "./errors.ts";
import type { ApiKey, Drive, Profile, Resource, Server, Session } from "./objects.ts";

const SOON_MS = 3_000;
const SELDOM_MS = 30_000;
/** How long after a change it is looked at soon. */
const CHANGING_MS = 60_000;

let changedAtMs = Number.NEGATIVE_INFINITY;

/** Something begins to change: reads what is shown again, and soon for a while. */
export async function noteChange(client: QueryClient): Promise<void> {
  changedAtMs = performance.now();
  await client.invalidateQueries();
}

const refetchInterval = () => (performance.now() - changedAtMs < CHANGING_MS ? SOON_MS : SELDOM_MS);

const listed = <T>(name: string, path: string) =>
  queryOptions({
    queryKey: [name],
    queryFn: ({ signal }) => read<readonly T[]>(path, signal),
    refetchInterval,
  });

const one = <T>(name: string, path: string, uuid: string) =>
  queryOptions({
    queryKey: [name, uuid],
    queryFn: ({ signal }) => read<T>(path, signal),
    refetchInterval,
  });

export const serversQuery = listed<Server>("servers", "servers/info");
export const drivesQuery = listed<Drive>("drives", "drives/info/full");
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

export function openQueries(): QueryClient {
  const client = new QueryClient({ defaultOptions: { queries: { retry, staleTime: 2_000 } } });
  // A session that is over anywhere is over everywhere.
  client.getQueryCache().subscribe(({ type, query }) => {
    if (type !== "updated" || query.queryKey[0] === "profile") return;
    if (isStatus(query.state.error, 401)) client.setQueryData(profileQuery.queryKey, null);
  });
  return client;
}
