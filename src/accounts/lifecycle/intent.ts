/** What is recorded of an account that is to change on hosts, too: its status, and the operation that follows from it. */
import type { UserId } from "../../base/ids.ts";
import type { Tx } from "../../store/store.ts";
import type { Account } from "../account.ts";
import type { AccountDependencies } from "../dependencies.ts";
import { changeColumns } from "./change.ts";

const ACTIONS = { suspended: "suspend", closed: "close" } as const;

/** Gives the account that status, and records what follows from it; the loop takes it up once it is told to look. */
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
