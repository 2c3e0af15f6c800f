/** What ends with a key, and as an account is suspended or closed. */
import type { Tx } from "../store/store.ts";

/** Ends all sessions and codes of an account, or of one key, in a transaction after which `accountChanged` is called. */
export async function endSessionsOf(
  tx: Tx,
  of: { readonly user: string } | { readonly key: string },
): Promise<void> {
  const [column, value] = "user" in of ? (["user", of.user] as const) : (["key", of.key] as const);
  for (const table of ["sessions", "session_codes"] as const)
    await tx.deleteFrom(table).where(column, "=", value).execute();
}
