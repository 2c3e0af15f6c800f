/** Listing the standard images for their operator: what is there, what is under way, and what has no content yet. */
import type { CatalogueEntry } from "./catalogue.ts";
import type { ImageStore } from "./image-store.ts";
import type { KnownImage } from "./records.ts";
import { filledBytes } from "./sealed-file.ts";

export type ListedImage =
  | (Pick<CatalogueEntry, "uuid" | "name" | "media"> & {
      readonly state: "without content";
      /** The size gunzipped that its content is to have, where the catalogue names it. */
      readonly rawSizeBytes: number | null;
    })
  | (KnownImage & {
      /** How much of its content is there. */
      readonly filledBytes: number;
    });

/** The images of the catalogue in its order, then all others. */
export async function listImages({ records, catalogue, folder }: ImageStore): Promise<ListedImage[]> {
  const known = new Map((await records.list()).map((image) => [image.uuid, image]));
  const listed = async (image: KnownImage) => ({
    ...image,
    filledBytes: image.state === "ready" ? image.sizeBytes : await filledBytes(folder, image.uuid),
  });
  const inCatalogue = catalogue.map((entry) => {
    const { uuid, name, media, rawsize: rawSizeBytes = null } = entry;
    const image = known.get(uuid);
    known.delete(uuid);
    return image === undefined
      ? ({ uuid, name, media, rawSizeBytes, state: "without content" } as const)
      : listed(image);
  });
  return Promise.all([...inCatalogue, ...[...known.values()].map(listed)]);
}
