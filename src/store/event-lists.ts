/**
 * Which events are of an account, and of an object of it, as the typed query builder sees it. `migrations/0017-event-lists.ts`
 * makes both.
 */

/** On SQLite the last events that there are, so many at most, may be in no list yet. It is part of a migration: it never changes. */
export const LISTED_AT_ONCE = 64;

export type EventsOfUsersTable = { user: string; serial: number };

export type EventsOfObjectsTable = { user: string; object: string; serial: number };

export type EventLists = { events_of_users: EventsOfUsersTable; events_of_objects: EventsOfObjectsTable };
