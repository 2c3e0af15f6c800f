/**
 * Closing an account (accounts: the operator): nobody logs in to it from then on, and where everything is to go its servers
 * end, then the keys of all of its drives are gone, then their files, then what it held. That is an operation on the
 * account, which goes on after a crash. The account itself stays, closed, as what was done in it does.
 */
import { busy, sentenceOf } from "../../base/errors.ts";
import type { UserId } from "../../base/ids.ts";
import { endImagingOnto } from "../../drives/imaging/readers.ts";
import { leaveDestruction } from "../../drives/lifecycle/destroy.ts";
import { endUse } from "../../metering/spans.ts";
import { retireKeyOf } from "../../operations/idempotency.ts";
import { Later, type Operation, settleOperation } from "../../operations/operation.ts";
import { destroyServer } from "../../servers/lifecycle/end.ts";
import type { Tx } from "../../store/store.ts";
import { tellHooks } from "../../webhooks/outbox.ts";
import { presentAccount } from "../account.ts";
import type { AccountDependencies } from "../dependencies.ts";
import { accountChanged } from "../login.ts";
import { changeColumns, ensureNotLastAdmin } from "./change.ts";
import { intend } from "./suspend.ts";

/** How many servers, and how many drives, of an account are ended at once. */
const AT_ONCE = 8;
/** How often it is looked whether the files of its drives are gone. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Closes an account; answers when that is recorded. One that is closed already stays so.
 *
 * @param everything whether what it has is destroyed
 *
 * Errors: `missing`; `busy`, it has something, or is the last admin.
 */
export async function closeAccount(
  dependencies: AccountDependencies,
  user: UserId,
  everything: boolean,
  request: string | null,
): Promise<void> {
  const { store, worker } = dependencies;
  await store.transaction(
    async (tx) => {
      const account = await presentAccount(tx, user);
      if (account.status === "closed") return;
      await ensureNotLastAdmin(tx, account);
      const isEmpty = await hasNothing(tx, user);
      if (!everything && !isEmpty)
        throw busy(
          "account_in_use",
          `account ${user} has servers, drives or resources: everything true destroys them`,
        );
      await changeColumns(tx, user, { reason: "" });
      await tx.deleteFrom("api_keys").where("user", "=", user).execute();
      await tx.deleteFrom("funds").where("user", "=", user).execute();
      await tellHooks(tx, "account.closed", user, {});
      await intend(dependencies, tx, account, "closed", request);
    },
    { erases: true },
  );
  accountChanged(store, user);
  void worker.look();
}

async function hasNothing(tx: Tx, user: UserId): Promise<boolean> {
  for (const table of ["servers", "drives", "resources"] as const) {
    const found = await tx.selectFrom(table).select("user").where("user", "=", user).limit(1).execute();
    if (found.length > 0) return false;
  }
  return true;
}

/** Destroys all that the account has. Errors: Later, and what is tried again. */
export async function finishClosing(dependencies: AccountDependencies, operation: Operation): Promise<void> {
  const { store, worker, clock } = dependencies;
  const user = operation.object as UserId;
  await each(await uuidsOf(dependencies, "servers", user), (uuid) => destroyServer(dependencies, uuid));
  const drives = await uuidsOf(dependencies, "drives", user);
  await each(drives, (uuid) => endImagingOnto(dependencies, uuid));
  // The keys of all, before it is waited for the file of any.
  await each(drives, (uuid) => leaveDestruction(dependencies, uuid));
  void worker.look();
  const isDone = await store.transaction(async (tx) => {
    for (const table of ["servers", "drives"] as const) {
      const left = await tx.selectFrom(table).select("uuid").where("user", "=", user).limit(1).execute();
      if (left.length > 0) return false;
    }
    const held = await tx.selectFrom("resources").select("resource").where("user", "=", user).execute();
    for (const { resource } of held) {
      await endUse(tx, resource, clock.now());
      await retireKeyOf(tx, resource);
    }
    await tx.deleteFrom("resources").where("user", "=", user).execute();
    await settleOperation(tx, operation);
    return true;
  });
  if (!isDone) throw new Later(LOOK_AGAIN_MS);
}

async function uuidsOf(
  { store }: AccountDependencies,
  table: "servers" | "drives",
  user: UserId,
): Promise<readonly string[]> {
  const rows = await store.snapshot((tx) =>
    tx
      .selectFrom(table)
      .select("uuid")
      .where("user", "=", user)
      .where("phase", "!=", "destroying")
      .orderBy("serial")
      .execute(),
  );
  return rows.map(({ uuid }) => uuid);
}

/** Does `work` with each, some at once. Errors: once all were tried, that some have failed. */
async function each(uuids: readonly string[], work: (uuid: string) => Promise<void>): Promise<void> {
  const faults: unknown[] = [];
  const rest = [...uuids];
  const lane = async () => {
    for (let uuid = rest.shift(); uuid !== undefined; uuid = rest.shift()) {
      await work(uuid).catch((error: unknown) => faults.push(error));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  if (faults.length > 0)
    throw new AggregateError(faults, `${faults.length} objects are there still: ${sentenceOf(faults[0])}`);
}
