/** Standard images for tests, imported and removed in this process as an operator does beside the daemon. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ImportFlags, importByFlags } from "../../src/cli/lodge/image-import.ts";
import { withImageStore } from "../../src/cli/lodge/image-store.ts";
import type { ImageStore } from "../../src/images/image-store.ts";
import { removeImage } from "../../src/images/remove.ts";
import type { Cloud } from "../cloud.ts";

/** What `work` answers of the image store of a home, which is open for as long as it works. */
export async function ofImageStore<T>(
  home: string,
  work: (images: ImageStore) => T | Promise<T>,
): Promise<Awaited<T>> {
  const done = Promise.withResolvers<T>();
  await withImageStore(home, async (images) => done.resolve(await work(images)));
  return await done.promise;
}

/** Imports from a file or URL into the home, and answers what the command prints. */
export const importFrom = (home: string, from: string, flags: ImportFlags): Promise<readonly string[]> =>
  ofImageStore(home, (images) => importByFlags(images, from, flags, { write: () => true }));

/** Removes an image from the home, and answers its name. */
export const removeFrom = (home: string, uuid: string): Promise<string> =>
  ofImageStore(home, (images) => removeImage(images, uuid));

/** Imports a file, or bytes, into a cloud and answers what the command prints. */
export async function importInto(
  cloud: Cloud,
  content: string | Uint8Array,
  flags: ImportFlags,
): Promise<readonly string[]> {
  const file = typeof content === "string" ? content : join(cloud.home, "content");
  if (typeof content !== "string") await writeFile(file, content);
  return importFrom(cloud.home, file, flags);
}
