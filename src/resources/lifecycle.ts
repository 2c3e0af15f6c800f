/**
 * Making, changing and destroying resources. Nothing of them is on a host before a server uses them, so each of these
 * is one transaction.
 */
import { randomUUID } from "node:crypto";
import { attributesAfter, changedText } from "../api/attributes.ts";
import { authorize } from "../api/authorize.ts";
import type { Changes } from "../api/input.ts";
import type { Clock } from "../base/clock.ts";
import type { UserId } from "../base/ids.ts";
import { ensureCovered } from "../limits/coverage.ts";
import type { Limits } from "../limits/resources.ts";
import { beginUse, endUse } from "../metering/spans.ts";
import { createOnce, type Repeat, retireKeyOf } from "../operations/idempotency.ts";
import type { Worker } from "../operations/worker.ts";
import type { Store, Tx } from "../store/store.ts";
import { giveAddress } from "./addresses.ts";
import {
  accessedResource,
  noSuchResource,
  type ResourceId,
  type ResourceRow,
  type ResourceType,
  resourceOf,
} from "./resource.ts";
import { ensureUnused } from "./uses.ts";

export type ResourceDependencies = {
  readonly store: Store;
  readonly worker: Worker;
  /** How many objects one account may have. */
  readonly limits: Limits;
  /** What use is counted by. */
  readonly clock: Clock;
};

/** Gives the user a new resource. Errors: `billing` at their limit; `full` when no address is left for them. */
export async function createResource(
  dependencies: ResourceDependencies,
  user: UserId,
  type: ResourceType,
  changes: Changes,
  repeat: Repeat | null = null,
): Promise<ResourceId> {
  const properties = changedText({}, attributesAfter({}, changes), changes);
  const resource = await createOnce(dependencies, repeat, async (tx) => {
    await ensureCovered(tx, { ...dependencies, user }, { [type]: 1 });
    const enter = async (resource: string) => {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto("resources")
        .values({ type, resource, user, properties })
        .onConflict((conflict) => conflict.column("resource").doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    };
    const object = type === "ip" ? await giveAddress(tx, user, enter) : randomUUID();
    if (type === "vlan") await enter(object);
    await beginUse(tx, { user, resource: type, object, amount: 1 }, dependencies.clock.now());
    return { object, operation: null };
  });
  return { type, resource };
}

/** Changes the attributes of a user's resource, whether a server uses it or not. Errors: `missing`. */
export async function setResource(
  { store }: ResourceDependencies,
  user: UserId,
  id: ResourceId,
  changes: Changes,
): Promise<void> {
  await store.transaction(
    async (tx) => {
      const { attributes } = resourceOf(await ownRow(tx, user, id));
      await tx
        .updateTable("resources")
        .set({ properties: changedText(attributes, attributesAfter(attributes, changes), changes) })
        .where("resource", "=", id.resource)
        .execute();
    },
    { grows: true },
  );
}

/** Takes a resource from its user, also one whose row is damaged. Errors: `missing`; `busy` while an active server uses it. */
export async function destroyResource(
  { store, clock }: ResourceDependencies,
  user: UserId,
  id: ResourceId,
): Promise<void> {
  await store.transaction(async (tx) => {
    await ownRow(tx, user, id);
    await ensureUnused(tx, id);
    await tx.deleteFrom("resources").where("resource", "=", id.resource).execute();
    await endUse(tx, id.resource, clock.now());
    await retireKeyOf(tx, id.resource);
  });
}

/** Who owns it is checked within the transaction: an address that is destroyed may be another user's in the next. */
async function ownRow(tx: Tx, user: UserId, { type, resource }: ResourceId): Promise<ResourceRow> {
  const row = await tx
    .selectFrom("resources")
    .selectAll()
    .where("type", "=", type)
    .where("resource", "=", resource)
    .executeTakeFirst();
  if (row === undefined) throw noSuchResource({ type, resource });
  authorize({ user }, "change", accessedResource(row));
  return row;
}
