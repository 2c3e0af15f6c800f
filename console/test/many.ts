/** A cloud whose user has very many of everything, with names that a number ends. */
import { copyRows } from "../../testing/copied-rows.ts";
import { makeDrive, makeServer } from "../../testing/state-objects.ts";
import { makeAccounts } from "./cloud-stage.ts";
import { markStandard } from "./scene.ts";
import type { Stage } from "./stage.ts";

export const nameOf = (noun: string, made: number): string => `${noun}-${String(made).padStart(4, "0")}`;

/** So many servers and drives, and so many VLANs, addresses and accounts; all servers are in the first VLAN. */
export async function fillLists(stage: Stage, objects: number, others: number): Promise<void> {
  const { cloud } = stage;
  const { store } = cloud.daemon();
  const vlans = await hold(stage, "vlan", others, () => crypto.randomUUID());
  await hold(stage, "address", others, (made) => `198.18.${made >> 8}.${made & 255}`);
  const drive = await makeDrive(cloud, { name: nameOf("drive", 0) });
  await copyRows(store, "drives", drive, objects - 1, (made) => nameOf("drive", made + 1));
  const nics = { "nic:0:model": "virtio", "nic:0:dhcp": "auto", "nic:1:model": "virtio" };
  const properties = { ...nics, "nic:1:vlan": vlans[0] ?? "", persistent: true };
  const server = await makeServer(cloud, { ...properties, name: nameOf("server", 0) }, false);
  await copyRows(store, "servers", server, objects - 1, (made) => nameOf("server", made + 1));
  await makeAccounts({ stage }, others);
}

/** So many standard images. */
export async function fillImages({ cloud }: Stage, count: number): Promise<void> {
  const drive = await makeDrive(cloud, { name: nameOf("image", 0) });
  await markStandard(cloud, drive, 4096);
  await copyRows(cloud.daemon().store, "drives", drive, count - 1, (made) => nameOf("image", made + 1));
}

/** Has the user hold several resources; answers which. */
async function hold(
  { cloud }: Stage,
  noun: "vlan" | "address",
  count: number,
  idOf: (made: number) => string,
) {
  const ids = Array.from({ length: count }, (_, made) => idOf(made));
  const rows = ids.map((resource, made) => ({
    ...{ type: noun === "vlan" ? ("vlan" as const) : ("ip" as const), resource, user: cloud.user },
    properties: JSON.stringify({ name: nameOf(noun, made) }),
  }));
  await cloud.daemon().store.transaction((tx) => tx.insertInto("resources").values(rows).execute());
  return ids;
}
