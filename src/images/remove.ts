/** Removing the content of a standard image: from then on it is there for nobody but its operator. */
import { removeSealed } from "../host/volumes/sealed-file.ts";
import { atWorkplace } from "./image-store.ts";

/** Removes it, also one that was imported or removed by half, and answers what to print. Errors: `missing`, `busy`. */
export function removeImage(uuid: string, dir: string | undefined): Promise<string> {
  return atWorkplace(dir, async ({ images, folder }) => {
    const name = await images.beginRemoval(uuid);
    await removeSealed(folder, uuid);
    await images.forget(uuid);
    return `removed ${uuid} ${name}`;
  });
}
