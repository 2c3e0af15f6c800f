/** A crowd of stopped servers and of drives in a cloud's home: rows of the store and empty files, with nothing else done for them. */
import { chown, open, stat } from "node:fs/promises";
import { join } from "node:path";
import { volumeName } from "../src/host/volumes/volume-file.ts";
import { openStore } from "../src/store/open.ts";
import type { Cloud } from "../testing/cloud.ts";
import { copyRows } from "../testing/copied-rows.ts";

const DRIVE = { name: "one of many", size: 2 ** 20, "encryption:cipher": "none" };
const SERVER = { name: "one of many", cpu: 500, mem: 64, "nic:0:dhcp": "auto" };

/**
 * Makes it so that the first user has so many of each, as like as one egg to another but for their uuids; the daemon is stopped
 * for that, and started again.
 */
export async function crowd(cloud: Cloud, count: number): Promise<void> {
  const drive = (await cloud.make("drives/create", DRIVE)).get("drive") ?? "";
  const server = (await cloud.make("servers/create/stopped", SERVER)).get("server") ?? "";
  await cloud.stop();
  const store = await openStore({ file: (name) => join(cloud.home, name) });
  try {
    const drives = await copyRows(store, "drives", drive, count - 1);
    await copyRows(store, "servers", server, count - 1);
    await store.transaction((tx) =>
      tx
        .updateTable("hosts")
        .set((host) => ({
          allocated_disk_bytes: host("allocated_disk_bytes", "+", drives.length * DRIVE.size),
        }))
        .execute(),
    );
    await copyFile(cloud, drive, drives);
  } finally {
    await store.close();
  }
  await cloud.start();
}

/** Gives each drive a file of the size, the modes and the owner that the first one's has, and nothing in it. */
async function copyFile({ home }: Cloud, drive: string, drives: readonly string[]): Promise<void> {
  const file = (uuid: string) => join(home, volumeName({ uuid, format: "raw" }));
  const { size, mode, uid, gid } = await stat(file(drive));
  for (const uuid of drives) {
    await using made = await open(file(uuid), "wx", mode);
    await made.truncate(size);
    await chown(file(uuid), uid, gid);
  }
}
