/** What callers of a simulation do with servers. */
import type { InputValue } from "../../src/api/properties.ts";
import type { UserId } from "../../src/base/ids.ts";
import { type Client, inputOf, NOBODYS, type Properties } from "./client.ts";

/** How many there are at most, about. */
const MOST_SERVERS = 8;

export async function createServer(client: Client): Promise<void> {
  const { random, model, records, users } = client.options;
  if (records().servers.length >= MOST_SERVERS) return destroyServer(client);
  const user = random.pick(users);
  const starts = random.happens(0.7);
  const answer = await client.create(user, starts ? "servers/create" : "servers/create/stopped", {
    ...{ name: `server ${client.next()}`, cpu: String(100 + random.integer(3000)) },
    mem: String(64 + 700 * random.integer(6)),
    ...devices(client, user),
    ...(random.happens(0.6) ? { persistent: "true" } : {}),
  });
  const uuid = String(answer.get("server"));
  model.runs.forget(uuid);
}

/** Drives, addresses and a VLAN of the user's, some of them. */
function devices(client: Client, user: UserId): Properties {
  const { random, records } = client.options;
  const { drives, resources } = records();
  const own = drives.filter((row) => row.user === user).map(({ uuid }) => uuid);
  const held = (type: "ip" | "vlan") =>
    resources.filter((row) => row.type === type && row.user === user).map(({ resource }) => resource);
  const properties: Record<string, InputValue> = {};
  if (own.length > 0) properties["ide:0:0"] = random.pick(own);
  if (own.length > 1 && random.happens(0.4)) properties["block:0"] = random.pick(own);
  if (random.happens(0.5)) properties["nic:0:dhcp"] = random.pick(["auto", ...held("ip")]);
  if (random.happens(0.3)) properties.vnc = random.pick(["auto", ...held("ip")]);
  if (random.happens(0.3)) properties["nic:1:vlan"] = random.pick([...held("vlan"), NOBODYS]);
  return properties;
}

export async function run(client: Client, verb: "start" | "stop"): Promise<void> {
  const { model } = client.options;
  const { uuid, user, isPersistent } = client.server();
  await model.runs.changing(
    uuid,
    () => client.ask({ user, path: `servers/SERVER/${verb}`, params: { SERVER: uuid } }),
    () => (verb === "start" ? "runs" : isPersistent ? "stands still" : null),
  );
}

export async function destroyServer(client: Client): Promise<void> {
  const { model } = client.options;
  const { uuid, user } = client.server();
  await model.runs.changing(
    uuid,
    () => client.ask({ user, path: "servers/SERVER/destroy", params: { SERVER: uuid } }),
    () => null,
  );
  model.gone.add(uuid);
}

export async function setServer(client: Client): Promise<void> {
  const { random, model } = client.options;
  const { uuid, user } = client.server();
  const mhz = 100 + random.integer(3000);
  await model.speeds.changing(
    uuid,
    () =>
      client.ask({
        ...{ user, path: "servers/SERVER/set", params: { SERVER: uuid } },
        input: inputOf({ cpu: String(mhz) }),
      }),
    () => ({ mhz }),
  );
}

export async function tell(client: Client, kind: "power down" | "reset"): Promise<void> {
  const { model } = client.options;
  const { uuid, user } = client.server();
  const path = kind === "reset" ? "servers/SERVER/reset" : "servers/SERVER/shutdown";
  const asked = { user, path, params: { SERVER: uuid } };
  if (kind === "reset") await client.ask(asked);
  else
    await model.runs.changing(
      uuid,
      () => client.ask(asked),
      () => null,
    );
}
