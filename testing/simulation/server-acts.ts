/** What callers of a simulation do with servers. */
import type { InputValue } from "../../src/api/properties.ts";
import type { UserId } from "../../src/base/ids.ts";
import { type Asking, inputOf, NOBODYS, type Properties } from "./asking.ts";

/** How many there are at most, about. */
const MOST_SERVERS = 8;

export async function createServer(asking: Asking): Promise<void> {
  const { weather, promises, records, users } = asking.options;
  if (records().servers.length >= MOST_SERVERS) return destroyServer(asking);
  const user = weather.pick(users);
  const starts = weather.happens(0.7);
  const answer = await asking.create(user, starts ? "servers/create" : "servers/create/stopped", {
    ...{ name: `server ${asking.next()}`, cpu: String(100 + weather.number(3000)) },
    mem: String(64 + 700 * weather.number(6)),
    ...devices(asking, user),
    ...(weather.happens(0.6) ? { persistent: "true" } : {}),
  });
  const uuid = String(answer.get("server"));
  promises.runs.forget(uuid);
}

/** Drives, addresses and a VLAN of the user's, some of them. */
function devices(asking: Asking, user: UserId): Properties {
  const { weather, records } = asking.options;
  const { drives, resources } = records();
  const own = drives.filter((row) => row.user === user).map(({ uuid }) => uuid);
  const held = (type: "ip" | "vlan") =>
    resources.filter((row) => row.type === type && row.user === user).map(({ resource }) => resource);
  const properties: Record<string, InputValue> = {};
  if (own.length > 0) properties["ide:0:0"] = weather.pick(own);
  if (own.length > 1 && weather.happens(0.4)) properties["block:0"] = weather.pick(own);
  if (weather.happens(0.5)) properties["nic:0:dhcp"] = weather.pick(["auto", ...held("ip")]);
  if (weather.happens(0.3)) properties.vnc = weather.pick(["auto", ...held("ip")]);
  if (weather.happens(0.3)) properties["nic:1:vlan"] = weather.pick([...held("vlan"), NOBODYS]);
  return properties;
}

export async function run(asking: Asking, verb: "start" | "stop"): Promise<void> {
  const { promises } = asking.options;
  const { uuid, user, isPersistent } = asking.server();
  await promises.runs.changing(
    uuid,
    () => asking.ask({ user, path: `servers/SERVER/${verb}`, params: { SERVER: uuid } }),
    () => (verb === "start" ? "runs" : isPersistent ? "stands still" : null),
  );
}

export async function destroyServer(asking: Asking): Promise<void> {
  const { promises } = asking.options;
  const { uuid, user } = asking.server();
  await promises.runs.changing(
    uuid,
    () => asking.ask({ user, path: "servers/SERVER/destroy", params: { SERVER: uuid } }),
    () => null,
  );
  promises.gone.add(uuid);
}

export async function setServer(asking: Asking): Promise<void> {
  const { weather, promises } = asking.options;
  const { uuid, user } = asking.server();
  const mhz = 100 + weather.number(3000);
  await promises.speeds.changing(
    uuid,
    () =>
      asking.ask({
        ...{ user, path: "servers/SERVER/set", params: { SERVER: uuid } },
        input: inputOf({ cpu: String(mhz) }),
      }),
    () => ({ mhz }),
  );
}

export async function tell(asking: Asking, act: "power down" | "reset"): Promise<void> {
  const { promises } = asking.options;
  const { uuid, user } = asking.server();
  const path = act === "reset" ? "servers/SERVER/reset" : "servers/SERVER/shutdown";
  const asked = { user, path, params: { SERVER: uuid } };
  if (act === "reset") await asking.ask(asked);
  else
    await promises.runs.changing(
      uuid,
      () => asking.ask(asked),
      () => null,
    );
}
