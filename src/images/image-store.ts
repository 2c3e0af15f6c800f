/** Where images are worked on: the home's store and its folder of drives, whether the daemon runs or not. */

import { defaultHome, openHome } from "../home.ts";
import { identify, isRunning } from "../host/process/process.ts";
import type { VolumeFolder } from "../host/volumes/volume-file.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { type CatalogueEntry, readCatalogue } from "./catalogue.ts";
import { type ImageWork, imageWork } from "./records.ts";

export type Workplace = {
  readonly images: ImageWork;
  readonly folder: VolumeFolder;
  readonly catalogue: readonly CatalogueEntry[];
};

/** Opens the home, lets `work` work on its images, and closes it. Errors: those of a catalogue, and `work`'s. */
export async function atWorkplace<T>(
  dir: string | undefined,
  work: (place: Workplace) => Promise<T>,
): Promise<T> {
  const home = openHome(dir ?? defaultHome(process.env, process.getuid?.() === 0));
  const catalogue = await readCatalogue(home.file("catalogue.json"));
  const self = await identify(process.pid);
  if (self === null) throw new Error("/proc does not tell of this process");
  const store = await openSqliteStore(home.file("lodge.db"));
  try {
    const folder = { home: home.dir, scratchDir: home.runDir, uid: home.uid };
    return await work({ images: imageWork(store, self, isRunning), folder, catalogue });
  } finally {
    await store.close();
  }
}
