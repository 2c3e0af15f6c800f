/**
 * Suspending an account (accounts: 402, the operator): from then on it makes and starts nothing, and its servers end, by
 * ACPI first, and five minutes later whatever they do. That is an operation on the account, which goes on after a crash.
 */

import type { UserId } from "../../base/ids.ts";
import { Later, type Operation, settleOperation } from "../../operations/operation.ts";
import { shutDownServer } from "../../servers/lifecycle/direct.ts";
import { stopServer } from "../../servers/lifecycle/end.ts";
import type { Tx } from "../../store/store.ts";
import { tellHooks } from "../../webhooks/outbox.ts";
import { type Account, presentAccount } from "../account.ts";
import type { AccountDependencies } from "../dependencies.ts";
import { accountChanged } from "../login.ts";
import { changeColumns, ensureNotLastAdmin, ensureNotOver } from "./change.ts";

/** How long guests may take to shut down. */
const PATIENCE_MS = 300_000;
/** How often it is looked whether they have, and they are told again: one that was still booting hears nothing. */
const LOOK_AGAIN_MS = 10_000;

/** Errors: `missing`; `busy`, it is closed, or the last admin. */
export async function suspendAccount(
  dependencies: AccountDependencies,
  user: UserId,
  reason: string,
  request: string | null,
): Promise<void> {
  const { store, worker } = dependencies;
  await store.transaction(async (tx) => {
    const account = await presentAccount(tx, user);
    ensureNotOver(account);
    await ensureNotLastAdmin(tx, account);
    // From now on it is the operator's word, whatever it was.
    await tx.deleteFrom("funds").where("user", "=", user).execute();
    await suspendIn(dependencies, tx, account, reason, request);
  });
  accountChanged(store, user);
  void worker.look();
}

/** Suspends it as part of a transaction; who commits that has the worker look. One that is suspended gets the reason alone. */
export async function suspendIn(
  dependencies: AccountDependencies,
  tx: Tx,
  account: Account,
  reason: string,
  request: string | null,
): Promise<void> {
  const user = account.uuid as UserId;
  await changeColumns(tx, user, { reason });
  if (account.status === "suspended") return;
  await tellHooks(tx, "account.suspended", user, { reason });
  await intend(dependencies, tx, account, "suspended", request);
}

/** Ends a suspension; nothing is started by itself. Errors: `missing`; `busy`, it is closed. */
export async function resumeAccount({ store }: AccountDependencies, user: UserId): Promise<void> {
  await store.transaction(async (tx) => {
    const account = await presentAccount(tx, user);
    ensureNotOver(account);
    if (account.status === "suspended") await tellHooks(tx, "account.resumed", user, {});
    // Whatever its funds are: where they have ended it is warned anew.
    await tx.deleteFrom("funds").where("user", "=", user).execute();
    // Its operation, if it is under way, finds that out.
    await changeColumns(tx, user, { status: "active", reason: "" });
  });
  accountChanged(store, user);
}

const ACTIONS = { suspended: "suspend", closed: "close" } as const;

/** Gives the account that status, and records what follows from it. */
export async function intend(
  { worker }: AccountDependencies,
  tx: Tx,
  { uuid, generation }: Account,
  status: keyof typeof ACTIONS,
  request: string | null,
): Promise<void> {
  await changeColumns(tx, uuid as UserId, { status, generation: generation + 1 });
  const intent = { object: uuid, noun: "account", host: "", action: ACTIONS[status] } as const;
  await worker.leave(tx, { ...intent, generation: generation + 1, request });
}

/** One step of it: tells its servers to end, or ends them. Errors: Later, and what is tried again. */
export async function stepSuspension(dependencies: AccountDependencies, operation: Operation): Promise<void> {
  const { store, now = Date.now } = dependencies;
  const user = operation.object as UserId;
  const servers = await store.transaction(async (tx) => {
    const { status } = await presentAccount(tx, user);
    const running = status === "suspended" ? await runningServers(tx, user) : [];
    if (running.length === 0) await settleOperation(tx, operation);
    return running;
  });
  if (servers.length === 0) return;
  const passedMs = now() - operation.recordedMs;
  const isOver = passedMs >= PATIENCE_MS;
  const end = async (server: { readonly uuid: string; readonly host: string }) => {
    if (isOver) await stopServer(dependencies, server.uuid);
    else await shutDownServer(dependencies, server);
  };
  const outcomes = await Promise.allSettled(servers.map(end));
  const faults = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason as Error] : []));
  // One whose guest or QEMU does not hear is ended when its time is over.
  if (isOver && faults.length > 0)
    throw new AggregateError(faults, `${faults.length} servers could not be ended`);
  throw new Later(isOver ? 0 : Math.min(LOOK_AGAIN_MS, PATIENCE_MS - passedMs));
}

/** Those that are not stopped, nor about to be gone. */
const runningServers = (tx: Tx, user: UserId) =>
  tx
    .selectFrom("servers")
    .select(["uuid", "host"])
    .where("user", "=", user)
    .where("phase", "not in", ["stopped", "destroying"])
    .orderBy("serial")
    .execute();
