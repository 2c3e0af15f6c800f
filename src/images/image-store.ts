/** The image store: the records of the standard images, the folder with their files, and the catalogue. */
import type { VolumeFolder } from "../host/volumes/face.ts";
import type { Store } from "../store/store.ts";
import { type CatalogueEntry, readCatalogue } from "./catalogue.ts";
import { type Here, here } from "./lease.ts";
import { ImageRecords } from "./records.ts";

export type ImageStore = {
  readonly records: ImageRecords;
  readonly folder: VolumeFolder;
  readonly catalogue: readonly CatalogueEntry[];
};

/** @param catalogueFile the operator's own, which need not be there */
export type ImageStoreOptions = {
  readonly store: Store;
  readonly folder: VolumeFolder;
  readonly catalogueFile: string;
  /** Who works on the images; this process when nothing is said. */
  readonly self?: Here;
};

/** Opens it, whether the daemon runs or not. Errors: those of a catalogue. */
export async function openImageStore(options: ImageStoreOptions): Promise<ImageStore> {
  const { store, folder, catalogueFile, self } = options;
  return {
    records: new ImageRecords(store, self ?? (await here())),
    folder,
    catalogue: await readCatalogue(catalogueFile),
  };
}
