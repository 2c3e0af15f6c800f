/**
 * Limits: how many objects of each kind one account may have (accounts: limits). What is counted is what is there, read in
 * the transaction that makes another. What would be more is 402 `billing`, before 409 and 507 are judged.
 */
import { billing } from "../base/errors.ts";
import type { Tx } from "../store/store.ts";

/** The most that an account may have of each, under the names that the accounts' `limit:RESOURCE` has. */
export type Limits = {
  readonly servers: number;
  readonly drives: number;
  /** Static addresses. */
  readonly ip: number;
  readonly vlan: number;
};

/** More than one machine's user has, and few enough that what lists cost stays small. */
export const DEFAULT_LIMITS: Limits = { servers: 2_000, drives: 5_000, ip: 256, vlan: 256 };

const NAMES: Readonly<Record<keyof Limits, string>> = {
  servers: "servers",
  drives: "drives",
  ip: "static addresses",
  vlan: "VLANs",
};

/** Errors: `billing` when the user has as many as an account may have. */
export async function ensureWithinLimit(
  tx: Tx,
  limits: Limits,
  user: string,
  what: keyof Limits,
): Promise<void> {
  if ((await countOf(tx, user, what)) < limits[what]) return;
  throw billing(
    "limit_reached",
    `an account has at most ${limits[what]} ${NAMES[what]}, and yours has them: destroy some, or ask for a higher limit`,
  );
}

/** How many the user has, those that are being made and destroyed included. */
async function countOf(tx: Tx, user: string, what: keyof Limits): Promise<number> {
  const { countAll } = tx.fn;
  const rows =
    what === "servers" || what === "drives"
      ? tx.selectFrom(what).where("user", "=", user).select(countAll().as("count"))
      : tx
          .selectFrom("resources")
          .where("user", "=", user)
          .where("type", "=", what)
          .select(countAll().as("count"));
  return Number((await rows.executeTakeFirstOrThrow()).count);
}
