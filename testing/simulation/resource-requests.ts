/** What callers of a simulation do with static addresses and VLANs. */
import type { UserId } from "../../src/base/ids.ts";
import { type Client, inputOf } from "./client.ts";

/** How many there are at most, about. */
const MOST_RESOURCES = 4;

export async function createResource(client: Client): Promise<void> {
  const { random, model, records, users } = client.options;
  if (records().resources.length >= MOST_RESOURCES) return destroyResource(client);
  const user = random.pick(users);
  const type = random.pick(["ip", "vlan"]);
  const input = inputOf({ name: `resource ${client.next()}` });
  const answer = await client.ask({ user, path: "resources/TYPE/create", params: { TYPE: type }, input });
  const made = String(new Map(answer as []).get("resource"));
  // Another may have destroyed it by now.
  const isHeld = records().resources.some((row) => row.resource === made && row.user === user);
  await model.held.changing(
    made,
    async () => {},
    () => (isHeld ? user : null),
  );
}

export async function destroyResource(client: Client): Promise<void> {
  const { model, records, random } = client.options;
  const { resources } = records();
  if (resources.length === 0) return;
  const { type, resource, user } = random.pick(resources);
  await model.held.changing(
    resource,
    () =>
      client.ask({
        ...{ user: user as UserId, path: "resources/TYPE/RESOURCE/destroy" },
        params: { TYPE: type, RESOURCE: resource },
      }),
    () => null,
  );
  if (type === "vlan") model.gone.add(resource);
}
