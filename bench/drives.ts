/** The bench's drives. */
import type { Cloud } from "../testing/cloud.ts";

export type Cipher = "none" | "aes-xts-plain";

/** Makes a drive and answers its uuid. */
export async function newDrive(cloud: Cloud, cipher: Cipher, sizeBytes: number): Promise<string> {
  const made = await cloud.make("drives/create", {
    name: "bench",
    size: sizeBytes,
    "encryption:cipher": cipher,
  });
  return made.get("drive") ?? "";
}

let filled: string | null = null;

/**
 * The same for one that is to be filled and measured: it stays until the next such one is made. So the memory in which
 * its bytes are cached was in use just before, as that of a reference's file is, which is emptied before it is filled. To
 * a virtual machine, memory that was free for a while is its host's again, and each page of it costs a fault.
 */
export async function driveToFill(cloud: Cloud, cipher: Cipher, sizeBytes: number): Promise<string> {
  await destroyFilled(cloud);
  filled = await newDrive(cloud, cipher, sizeBytes);
  return filled;
}

/** Destroys the last of them. */
export async function destroyFilled(cloud: Cloud): Promise<void> {
  if (filled !== null) await cloud.act(`drives/${filled}/destroy`);
  filled = null;
}
