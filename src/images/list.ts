/** Listing the standard images for their operator: what is there, what is under way, and what has no content yet. */

import { filledBytes } from "../host/volumes/sealed-file.ts";
import type { CatalogueEntry } from "./catalogue.ts";
import { atWorkplace } from "./image-store.ts";
import type { Known } from "./records.ts";

/** A line for each: uuid, state, medium, sizes and name. */
export function listImages(dir: string | undefined): Promise<string[]> {
  return atWorkplace(dir, async ({ images, catalogue, folder }) => {
    const known = new Map((await images.list()).map((image) => [image.uuid, image]));
    const others = [...known.values()].filter(({ uuid }) => catalogue.every((entry) => entry.uuid !== uuid));
    const lines = catalogue.map(async (entry) => {
      const image = known.get(entry.uuid);
      if (image !== undefined) return lineOfKnown(image);
      return lineOf(
        entry,
        "without content",
        entry.rawsize === undefined ? "" : `gunzipped ${entry.rawsize}`,
      );
    });
    return Promise.all([...lines, ...others.map(lineOfKnown)]);

    async function lineOfKnown(image: Known): Promise<string> {
      const { state, sizeBytes, rawSizeBytes, uuid, format } = image;
      if (state === "ready") {
        return lineOf(
          image,
          state,
          format === null ? `${sizeBytes}` : `${sizeBytes}, gunzipped ${rawSizeBytes}`,
        );
      }
      const isFilling = state.endsWith("imported") && sizeBytes > 0;
      return lineOf(image, state, isFilling ? `${await filledBytes(folder, uuid)} of ${sizeBytes}` : "");
    }
  });
}

function lineOf(
  { uuid, media, name }: Pick<CatalogueEntry, "uuid" | "media" | "name">,
  state: string,
  size: string,
) {
  return `${uuid}  ${media.padEnd(5)}  ${state.padEnd(15)}  ${size.padEnd(32)}  ${name}`;
}
