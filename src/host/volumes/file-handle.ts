/** What is done to the files that volumes are in, so that it is there after a loss of power. */
import { type FileHandle, open } from "node:fs/promises";

/** Opens the file, lets `change` change it, and answers once it is on stable storage; its name needs a sync of its own. */
export async function changeFile(
  path: string,
  flags: "wx" | "w" | "r+",
  change: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await change(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes what was created, renamed or removed in a folder last. */
export async function syncDirectory(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
