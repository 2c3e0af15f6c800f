/**
 * Identifiers: users, drives and servers are named by UUIDs (spec: introduction), taken in either case and kept in
 * lower case.
 */

export type UserId = string & { readonly of: "user" };

/** The cloud itself as a user: the owner of standard images. It has no key, so nobody is it. */
export const CLOUD_USER = "00000000-0000-0000-0000-000000000001" as UserId;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The UUID that `text` spells, in lower case, or null when it spells none. */
export function parseUuid(text: string): string | null {
  if (UUID.test(text)) return text;
  const lower = text.toLowerCase();
  return UUID.test(lower) ? lower : null;
}
