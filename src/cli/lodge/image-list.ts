/** `lodge image list`: a line for each standard image. */
import { usage } from "../../base/errors.ts";
import { type ListedImage, listImages } from "../../images/list.ts";
import { withImageStore } from "./image-store.ts";
import { parseHome, print } from "./subcommand.ts";

/** Errors: `usage`. */
export async function run(args: readonly string[]): Promise<void> {
  const { home, positionals } = parseHome(args);
  if (positionals.length > 0) throw usage("image list takes no words");
  await withImageStore(home, async (images) => print(...(await listImages(images)).map(imageLine)));
}

/** uuid, medium, state, sizes and name */
export function imageLine(image: ListedImage): string {
  const { uuid, media, state, name } = image;
  return `${uuid}  ${media.padEnd(5)}  ${state.padEnd(15)}  ${sizes(image).padEnd(32)}  ${name}`;
}

function sizes(image: ListedImage): string {
  if (image.state === "without content") {
    return image.rawSizeBytes === null ? "" : `gunzipped ${image.rawSizeBytes}`;
  }
  const { state, format, sizeBytes, rawSizeBytes, filledBytes } = image;
  if (state === "ready") return format === null ? `${sizeBytes}` : `${sizeBytes}, gunzipped ${rawSizeBytes}`;
  return state.endsWith("imported") && sizeBytes > 0 ? `${filledBytes} of ${sizeBytes}` : "";
}
