/** The tables of webhooks, as the typed query builder sees them. `migrations/0010-funds.ts` makes them. */
import type { Generated } from "kysely";

/** Where events are told to other programs. */
export type WebhooksTable = {
  serial: Generated<number>;
  uuid: string;
  url: string;
  /** The names of the events that it is told, with spaces between. */
  events: string;
  /** What signs what it is told, wrapped by the master key; null where a backup left it out. */
  wrapped_secret: string | null;
  created: number;
};

/** An event that a hook is to be told, or was: what waits to be sent, and the log of what was. */
export type DeliveriesTable = {
  /** The order in which they came about. */
  serial: Generated<number>;
  webhook: string;
  /** The account that the event is about: those of one account are told in their order. */
  user: string;
  /** What tells the event from all others, also where it is sent twice. */
  message: string;
  event: string;
  /** When it was, in seconds since the epoch. */
  time: number;
  /** What is sent; empty once that is over. */
  body: string;
  state: "waiting" | "delivered" | "failed";
  attempts: Generated<number>;
  /** When it was tried last, null: it was not. */
  tried: number | null;
  /** What the hook answered last, null where no answer came. */
  status: number | null;
  /** Why it was not taken when it was tried last; empty where it was. */
  error: Generated<string>;
};

/** What waits of one account for one hook: its first delivery is tried, and the others wait behind it. */
export type DeliveryQueuesTable = {
  webhook: string;
  user: string;
  /** Not before this time, in milliseconds since the epoch. */
  next_try_ms: number;
  /** How often in a row the hook has not taken what was sent. */
  failures: number;
  /** How many wait. */
  waiting: number;
};

export type WebhookTables = {
  webhooks: WebhooksTable;
  deliveries: DeliveriesTable;
  delivery_queues: DeliveryQueuesTable;
};
