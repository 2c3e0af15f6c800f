/** A resource: a static address or a VLAN that a user holds, as it is read out of the store (spec: resources). */
import type { Selectable } from "kysely";
import { type Attributes, areAttributesDamaged, readAttributes } from "../api/attributes.ts";
import { type AccessedObject, noSuchObject } from "../api/authorize.ts";
import type { Params } from "../api/command.ts";
import { shownWord } from "../api/shown.ts";
import { ipv4 } from "../api/value.ts";
import { missing } from "../base/errors.ts";
import { parseUuid, type UserId } from "../base/ids.ts";
import type { ResourcesTable } from "../store/tables.ts";

export type ResourceType = ResourcesTable["type"];

/** What identifies a resource. */
export type ResourceId = {
  readonly type: ResourceType;
  /** An address, or the uuid of a VLAN. */
  readonly resource: string;
};

export type Resource = ResourceId & {
  readonly user: UserId;
  /** name, tags, user:* */
  readonly attributes: Attributes;
};

export type ResourceRow = Pick<Selectable<ResourcesTable>, "type" | "resource" | "user" | "properties">;

/** Errors: `failed`, naming the resource, when its row is damaged. */
export function resourceOf({ type, resource, user, properties }: ResourceRow): Resource {
  return {
    type,
    resource,
    user: user as UserId,
    attributes: readAttributes(properties, `${type} ${resource}`),
  };
}

/** The columns that are damaged. */
export const damagedResourceColumns = ({ properties }: Pick<ResourceRow, "properties">): readonly string[] =>
  areAttributesDamaged(properties) ? ["properties"] : [];

/** The type in a word of the URL. Errors: `missing`. */
export function typeWord({ TYPE = "" }: Params): ResourceType {
  if (TYPE === "ip" || TYPE === "vlan") return TYPE;
  throw missing(
    "no_such_resource_type",
    `there is no type of resource ${shownWord(TYPE)}: there are ip and vlan`,
  );
}

/** The resource in words of the URL. Errors: `missing`, in the same words for a malformed, foreign and unknown one. */
export function resourceIdOf(params: Params): ResourceId {
  const type = typeWord(params);
  const { RESOURCE = "" } = params;
  const resource = type === "vlan" ? parseUuid(RESOURCE) : ipv4.safeParse(RESOURCE).data;
  if (!resource) throw noSuchResource({ type, resource: RESOURCE });
  return { type, resource };
}

export const noSuchResource = ({ type, resource }: ResourceId) =>
  noSuchObject({ kind: type, uuid: resource });

/** The resource as `authorize` sees it. */
export const accessedResource = ({
  type,
  resource,
  user,
}: Pick<ResourceRow, "type" | "resource" | "user">): AccessedObject => ({
  ...{ kind: type, uuid: resource, owner: user as UserId },
});
