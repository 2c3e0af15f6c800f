/** What lies behind the login once a session is over: the page as it was, for whoever it was of. */
import type { QueryClient } from "@tanstack/react-query";
import { read } from "../api/client.ts";
import type { Profile } from "../api/objects.ts";
import { profileQuery } from "../api/queries.ts";

/**
 * Goes on as whoever logged in just now: where the page is theirs, as it was, else all anew.
 *
 * @param before whose page lies behind the login, null where there is none
 */
export async function goOn(client: QueryClient, before: string | null): Promise<void> {
  // What was asked before, and what nobody was answered, is nothing of theirs.
  if (before === null) return client.resetQueries();
  const profile = await read<Profile>("profile/info");
  // What a tab knows is of one account, in other places too than what was read: none of it is kept.
  if (profile.user !== before) return location.reload();
  client.setQueryData(profileQuery.queryKey, profile);
  await client.invalidateQueries();
}
