/**
 * Making, changing and destroying resources. Nothing of them is on a host before a server uses them, so each of these
 * is one transaction.
 */
import { randomUUID } from "node:crypto";
import { keptText } from "../api/attributes.ts";
import type { Changes } from "../api/input.ts";
import type { UserId } from "../base/ids.ts";
import type { Host } from "../host/host.ts";
import type { Store, Tx } from "../store/store.ts";
import { freeAddress } from "./addresses.ts";
import {
  type Kept,
  noSuchResource,
  type Resource,
  type ResourceId,
  type ResourceType,
  resourceOf,
} from "./resource.ts";
import { refuseUsed } from "./uses.ts";

export type ResourceParts = { readonly store: Store; readonly host: Host };

/** Gives the user a new resource. Errors: `full` when no address is left. */
export async function createResource(
  { store, host }: ResourceParts,
  user: UserId,
  type: ResourceType,
  changes: Changes,
): Promise<ResourceId> {
  return store.transaction(async (tx) => {
    const resource = type === "vlan" ? randomUUID() : await freeAddress(tx, host.facts);
    const properties = keptText(keptAfter({}, changes));
    await tx.insertInto("resources").values({ type, resource, user, properties }).execute();
    return { type, resource };
  });
}

/** Changes what the user keeps on a resource of his, whether a server uses it or not. Errors: `missing`. */
export async function setResource(
  { store }: ResourceParts,
  user: UserId,
  id: ResourceId,
  changes: Changes,
): Promise<void> {
  await store.transaction(async (tx) => {
    const { kept } = await own(tx, user, id);
    await tx
      .updateTable("resources")
      .set({ properties: keptText(keptAfter(kept, changes)) })
      .where("resource", "=", id.resource)
      .execute();
  });
}

/** Takes a resource from its user. Errors: `missing`; `busy` while an active server uses it. */
export async function destroyResource({ store }: ResourceParts, user: UserId, id: ResourceId): Promise<void> {
  await store.transaction(async (tx) => {
    await own(tx, user, id);
    await refuseUsed(tx, id);
    await tx.deleteFrom("resources").where("resource", "=", id.resource).execute();
  });
}

/** Whose it is is judged within the transaction: an address that is destroyed may be another user's by the next. */
async function own(tx: Tx, user: UserId, { type, resource }: ResourceId): Promise<Resource> {
  const row = await tx
    .selectFrom("resources")
    .selectAll()
    .where("type", "=", type)
    .where("resource", "=", resource)
    .where("user", "=", user)
    .executeTakeFirst();
  if (row === undefined) throw noSuchResource({ type, resource });
  return resourceOf(row);
}

function keptAfter(kept: Kept, changes: Changes): Kept {
  const after: Record<string, string> = { ...kept };
  for (const [key, value] of changes) {
    if (value === null) delete after[key];
    else after[key] = String(value);
  }
  return after;
}
