/** Warnings as they stand in the store, and when each was delivered: once a hook took it, or the account asked for itself. */
import type { Selectable } from "kysely";
import { outsideChange } from "../../audit/event.ts";
import type { Clock } from "../../base/clock.ts";
import { statement } from "../../store/statement.ts";
import type { Store, Tx } from "../../store/store.ts";
import type { Tables } from "../../store/tables.ts";
import type { Told } from "../../webhooks/message.ts";
import { tellHooks } from "../../webhooks/outbox.ts";
import { DRIVES_DAYS, type DrivesDays, type DrivesWarning, FUNDS_HOURS, type FundsHours } from "./rule.ts";

/** How many warnings of an account are kept: the last. */
const MOST_KEPT = 100;

export type Kind = `funds:${FundsHours}` | `drives:${DrivesDays}`;

/** Warns the account of something, in the transaction that records what follows from that. */
export async function warn(
  tx: Tx,
  user: string,
  { kind, until, now }: { readonly kind: Kind; readonly until: number; readonly now: number },
): Promise<void> {
  const { serial } = await tx
    .insertInto("warnings")
    .values({ user, kind, time: now, until, delivered: null })
    .returning("serial")
    .executeTakeFirstOrThrow();
  await forgetOld(tx, user);
  await tellHooks(tx, "account.warning", user, { warning: serial, kind, until });
}

async function forgetOld(tx: Tx, user: string): Promise<void> {
  const beyond = await tx
    .selectFrom("warnings")
    .select("serial")
    .where("user", "=", user)
    .orderBy("serial", "desc")
    .offset(MOST_KEPT)
    .limit(1)
    .executeTakeFirst();
  if (beyond === undefined) return;
  await tx.deleteFrom("warnings").where("user", "=", user).where("serial", "<=", beyond.serial).execute();
}

/** What the account was warned of, as the rule takes it. @param since drives' warnings before it are of another time */
export async function warningsOf(
  tx: Tx,
  user: string,
  since: number | null,
): Promise<{
  readonly lastWarned: ReadonlyMap<FundsHours, number>;
  readonly drivesWarnings: readonly DrivesWarning[];
}> {
  const { rows } = await given(tx, { user });
  const lastWarned = new Map<FundsHours, number>();
  const drivesWarnings: DrivesWarning[] = [];
  for (const { kind, time, until, delivered } of rows) {
    const hours = FUNDS_HOURS.find((each) => kind === `funds:${each}`);
    if (hours !== undefined) lastWarned.set(hours, time);
    const days = DRIVES_DAYS.find((each) => kind === `drives:${each}`);
    if (days !== undefined && since !== null && time >= since)
      drivesWarnings.push({ days, until, delivered });
  }
  return { lastWarned, drivesWarnings };
}

type Given = Pick<Selectable<Tables["warnings"]>, "kind" | "time" | "until" | "delivered">;

const given = statement<{ user: string }, Given>((db, param) =>
  db
    .selectFrom("warnings")
    .select(["kind", "time", "until", "delivered"])
    .where("user", "=", param("user"))
    .orderBy("serial"),
);

/** A hook has taken an event: a warning is delivered by that. */
export async function noteTaken(
  tx: Tx,
  { event, data }: { readonly event: string; readonly data: Told },
  now: number,
): Promise<void> {
  if (event !== "account.warning" || typeof data.warning !== "number") return;
  await tx
    .updateTable("warnings")
    .set({ delivered: now })
    .where("serial", "=", data.warning)
    .where("delivered", "is", null)
    .execute();
}

/**
 * Answers the function that notes that an account has asked for itself: all that it was warned of is delivered by that. It writes
 * where there is something of which that was not known.
 */
export function notingAsked(store: Store, clock: Clock): (user: string) => Promise<void> {
  const undelivered = store.query<{ user: string }, { serial: number }>((db, param) =>
    db
      .selectFrom("warnings")
      .select("serial")
      .where("user", "=", param("user"))
      .where("delivered", "is", null)
      .limit(1),
  );
  return async (user) => {
    if ((await undelivered({ user })).length === 0) return;
    await outsideChange(() =>
      store.transaction(async (tx) => {
        await tx
          .updateTable("warnings")
          .set({ delivered: clock.now() })
          .where("user", "=", user)
          .where("delivered", "is", null)
          .execute();
      }),
    );
  };
}
