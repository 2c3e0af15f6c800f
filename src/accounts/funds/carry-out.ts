/** Doing what the rule of funds says: each step in the transaction that has judged it, so that a crash leaves it done or not. */
import type { UserId } from "../../base/ids.ts";
import { balanceOf } from "../../billing/ledger.ts";
import { leaveDestruction } from "../../drives/lifecycle/destroy.ts";
import type { Tx } from "../../store/store.ts";
import { tellHooks } from "../../webhooks/outbox.ts";
import type { Account } from "../account.ts";
import type { AccountDependencies } from "../dependencies.ts";
import { changeColumns, isLastAdmin } from "../lifecycle/change.ts";
import { suspendIn } from "../lifecycle/suspend.ts";
import { accountChanged } from "../login.ts";
import { factsOf, recordDone } from "./facts.ts";
import { type Facts, nextStep, type Step, type Terms } from "./rule.ts";
import { warn } from "./warnings.ts";

export type FundsDependencies = AccountDependencies & { readonly terms: Terms };

/** What its owner is told of the suspension. */
const REASON = "its funds have ended";
/** How many steps are done one after another: more than can be due at once. */
const MOST_STEPS = 5;

/** Does all that is due now of the account. Errors: `missing`; the store's; of drives, that some are there still. */
export async function carryOut(dependencies: FundsDependencies, user: UserId): Promise<void> {
  const { store, worker, clock, terms } = dependencies;
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const step = await store.transaction(async (tx) => {
      const known = await factsOf(tx, user, terms, clock.now());
      if (known === null) return null;
      const next = nextStep(known.facts);
      return next !== null && (await take(dependencies, tx, known, next)) ? next : null;
    });
    if (step === null) return;
    if (step.do === "suspend" || step.do === "resume") accountChanged(store, user);
    if (step.do === "suspend") void worker.look();
    if (step.do === "destroy drives") return destroyDrives(dependencies, user);
  }
}

/** Ends the suspension of an account for its funds where its balance is positive now: part of what credits it. */
export async function resumePaid(tx: Tx, user: UserId): Promise<void> {
  const row = await tx.selectFrom("funds").select("suspended").where("user", "=", user).executeTakeFirst();
  if (row?.suspended != null && (await balanceOf(tx, user)) > 0n) await resume(tx, user);
}

/** Answers whether something was changed. */
async function take(
  dependencies: FundsDependencies,
  tx: Tx,
  { account, facts }: { readonly account: Account; readonly facts: Facts },
  step: Step,
): Promise<boolean> {
  const user = account.uuid as UserId;
  const { now, done } = facts;
  switch (step.do) {
    case "warn of funds": {
      const { hours, until } = step;
      await warn(tx, user, { kind: `funds:${hours}`, until, now });
      await recordDone(tx, user, { ...done, warnedHours: hours, ended: hours === 0 ? now : null });
      return true;
    }
    case "take back":
      await recordDone(tx, user, { ...done, warnedHours: step.warnedHours, ended: null });
      return true;
    case "suspend":
      // As an operator's word would not suspend them either.
      if (await isLastAdmin(tx, account)) return false;
      await suspendIn(dependencies, tx, account, REASON, null);
      await recordDone(tx, user, { ...done, suspended: now });
      return true;
    case "resume":
      await resume(tx, user);
      return true;
    case "warn of drives":
      await warn(tx, user, { kind: `drives:${step.days}`, until: step.until, now });
      return true;
    case "destroy drives":
      return true;
  }
}

async function resume(tx: Tx, user: UserId): Promise<void> {
  await changeColumns(tx, user, { status: "active", reason: "" });
  await recordDone(tx, user, { warnedHours: null, ended: null, suspended: null });
  await tellHooks(tx, "account.resumed", user, {});
}

/** Each goes only where that is still due as it goes: a credit keeps those that are left. */
async function destroyDrives(dependencies: FundsDependencies, user: UserId): Promise<void> {
  const { store, worker, clock, terms } = dependencies;
  const isDue = async (tx: Tx) => {
    const known = await factsOf(tx, user, terms, clock.now());
    return known !== null && nextStep(known.facts)?.do === "destroy drives";
  };
  const drives = await store.snapshot((tx) =>
    tx
      .selectFrom("drives")
      .select("uuid")
      .where("user", "=", user)
      .where("phase", "!=", "destroying")
      .orderBy("serial")
      .execute(),
  );
  const faults: unknown[] = [];
  for (const { uuid } of drives)
    await leaveDestruction(dependencies, uuid, isDue).catch((error: unknown) => faults.push(error));
  void worker.look();
  if (faults.length > 0)
    throw new AggregateError(faults, `${faults.length} drives of account ${user} are there still`);
}
