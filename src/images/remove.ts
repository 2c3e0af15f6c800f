/** Removing the content of a standard image: from then on it is there for nobody but its operator. */
import type { ImageStore } from "./image-store.ts";
import { removeSealed } from "./sealed-file.ts";

/** Removes it, also one that was imported or removed by half, and answers its name. Errors: `missing`, `busy`. */
export async function removeImage(
  { records, folder }: Pick<ImageStore, "records" | "folder">,
  uuid: string,
): Promise<string> {
  const { leased, name } = await records.beginRemoval(uuid);
  await leased.whileLeased(async () => {
    await removeSealed(folder, uuid);
    await leased.forget();
  });
  return name;
}
