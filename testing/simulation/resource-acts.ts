/** What callers of a simulation do with static addresses and VLANs. */
import type { UserId } from "../../src/base/ids.ts";
import { type Asking, inputOf } from "./asking.ts";

/** How many there are at most, about. */
const MOST_RESOURCES = 4;

export async function createResource(asking: Asking): Promise<void> {
  const { weather, promises, records, users } = asking.options;
  if (records().resources.length >= MOST_RESOURCES) return destroyResource(asking);
  const user = weather.pick(users);
  const type = weather.pick(["ip", "vlan"]);
  const input = inputOf({ name: `resource ${asking.next()}` });
  const answer = await asking.ask({ user, path: "resources/TYPE/create", params: { TYPE: type }, input });
  const made = String(new Map(answer as []).get("resource"));
  // Another may have destroyed it by now.
  const isHeld = records().resources.some((row) => row.resource === made && row.user === user);
  await promises.held.changing(
    made,
    async () => {},
    () => (isHeld ? user : null),
  );
}

export async function destroyResource(asking: Asking): Promise<void> {
  const { promises, records, weather } = asking.options;
  const { resources } = records();
  if (resources.length === 0) return;
  const { type, resource, user } = weather.pick(resources);
  await promises.held.changing(
    resource,
    () =>
      asking.ask({
        ...{ user: user as UserId, path: "resources/TYPE/RESOURCE/destroy" },
        params: { TYPE: type, RESOURCE: resource },
      }),
    () => null,
  );
  if (type === "vlan") promises.gone.add(resource);
}
