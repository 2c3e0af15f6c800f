/** What hooks are told of a server. */
import type { Tx } from "../../store/store.ts";
import type { HookEvent } from "../../webhooks/events.ts";
import type { Told } from "../../webhooks/message.ts";
import { isTold, tellHooks } from "../../webhooks/outbox.ts";

/** Says that something came about with the server, in the transaction that records it, while its row is there. */
export async function tellOfServer(tx: Tx, event: HookEvent, server: string, data: Told): Promise<void> {
  if (!(await isTold(tx, event))) return;
  const row = await tx.selectFrom("servers").select("user").where("uuid", "=", server).executeTakeFirst();
  if (row !== undefined) await tellHooks(tx, event, row.user, { server, ...data });
}
