/** The image store of a home, for its operator: whether the daemon runs or not. */
import { type ImageStore, openImageStore } from "../../images/image-store.ts";
import { withStore } from "./store.ts";

/** Opens the image store of the home, lets `work` work on it, and closes it. Errors: those of a catalogue, and `work`'s. */
export function withImageStore(
  dir: string | undefined,
  work: (images: ImageStore) => Promise<void>,
): Promise<void> {
  return withStore(dir, async (store, home) => {
    const folder = { home: home.dir, uid: home.uid };
    await work(await openImageStore({ store, folder, catalogueFile: home.file("catalogue.json") }));
  });
}
