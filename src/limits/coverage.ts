/**
 * Whether an account covers what a command asks for (accounts: 402): the one place where a command asks that, in the
 * transaction that makes what it asks for, after 400 and 404 were judged and before 409 and 507.
 */
import type { Clock } from "../base/clock.ts";
import { billing } from "../base/errors.ts";
import { ensureHourHeld } from "../billing/funds.ts";
import type { Tx } from "../store/store.ts";
import { AMOUNTS, type Amounts, type Limits, RESOURCES, type Resource, readOwnLimits } from "./resources.ts";
import { usedBy } from "./usage.ts";

/** The account, the limits of those that have none of their own, and what prices are looked up by. */
export type Asking = { readonly user: string; readonly limits: Limits; readonly clock: Clock };

/**
 * @param more what the account would use beyond what it uses now
 *
 * Errors: `billing`, which names what is short: the account is suspended or closed, would have more than it may, or could not
 * pay an hour of what it would use.
 */
export async function ensureCovered(tx: Tx, { user, limits, clock }: Asking, more: Amounts): Promise<void> {
  const account = await tx
    .selectFrom("users")
    .select(["status", "limits", "credit"])
    .where("uuid", "=", user)
    .executeTakeFirstOrThrow();
  ensureStatus(account.status);
  await ensureWithinLimits(tx, user, limitsOf(account.limits, user, limits), more);
  const levels = async () => {
    const used = await usedBy(tx, user, CHARGED);
    return CHARGED.map((resource) => [resource, BigInt(used[resource] + (more[resource] ?? 0))] as const);
  };
  await ensureHourHeld(tx, { user, credit: BigInt(account.credit) }, levels, clock.now());
}

/** What can have a price, and of which there is a level. */
const CHARGED: readonly Resource[] = ["cpu", "mem", "disk", "ip", "vlan"];

/** Errors: `billing`, the account is suspended or closed. */
export async function ensureActive(tx: Tx, user: string): Promise<void> {
  const account = await tx
    .selectFrom("users")
    .select("status")
    .where("uuid", "=", user)
    .executeTakeFirstOrThrow();
  ensureStatus(account.status);
}

function ensureStatus(status: "active" | "suspended" | "closed"): void {
  if (status === "suspended") {
    throw billing(
      "account_suspended",
      "your account is suspended: what it has can be read, stopped and destroyed, and nothing made or started",
    );
  }
  if (status === "closed") throw billing("account_closed", "your account is closed");
}

/** Whether the account is one whose servers are ended, and kept. */
export async function isSuspended(tx: Tx, user: string): Promise<boolean> {
  const account = await tx.selectFrom("users").select("status").where("uuid", "=", user).executeTakeFirst();
  return account?.status === "suspended";
}

/** What holds for an account with those limits of its own, as they are stored. Errors: `failed` when they are damaged. */
export function limitsOf(own: string, user: string, limits: Limits): Amounts {
  return { ...limits, ...readOwnLimits(own, user) };
}

async function ensureWithinLimits(tx: Tx, user: string, limits: Amounts, more: Amounts): Promise<void> {
  const asked = RESOURCES.filter((resource) => (more[resource] ?? 0) > 0 && limits[resource] !== undefined);
  const used = await usedBy(tx, user, asked);
  const short = asked.find(
    (resource) => used[resource] + (more[resource] ?? 0) > (limits[resource] ?? Number.POSITIVE_INFINITY),
  );
  if (short === undefined) return;
  throw billing("limit_reached", sentence(short, limits[short] ?? 0, used[short], more[short] ?? 0));
}

/** Of what is counted by the piece none is left. */
const PIECES: readonly Resource[] = ["ip", "vlan", "servers", "drives"];

function sentence(short: Resource, most: number, used: number, more: number): string {
  if (PIECES.includes(short))
    return `an account has at most ${most} ${AMOUNTS[short]}, and yours has them: destroy some, or ask for a higher limit`;
  return `your account has at most ${most} ${AMOUNTS[short]}: it has ${used}, and ${more} more are asked for`;
}
