/** `lodge image …`: the standard images of a cloud, for its operator. */

import { usage } from "../../base/errors.ts";
import { parseUuid } from "../../base/ids.ts";
import { parse, print, type Subcommand } from "./subcommand.ts";

export const IMAGE_SUBCOMMANDS: readonly Subcommand[] = [
  {
    words: "image import",
    help: `image import FILE-OR-URL --uuid UUID [--name NAME] [--cdrom] [--gzip] [--sha256 HEX] [--home DIR]
                                                give a standard image its content; repeated, it goes on where it was`,
    async run(args) {
      const { values, positionals } = parse(args, {
        uuid: { type: "string" },
        name: { type: "string" },
        cdrom: { type: "boolean" },
        gzip: { type: "boolean" },
        sha256: { type: "string" },
        home: { type: "string" },
      });
      const from = only(positionals, "image import takes one FILE-OR-URL");
      const { importImage } = await import("../../images/import.ts");
      print(...(await importImage(from, values, process.stderr)));
    },
  },
  {
    words: "image list",
    help: "image list [--home DIR]                 list the standard images, also those without content",
    async run(args) {
      const { values, positionals } = parse(args, { home: { type: "string" } });
      if (positionals.length > 0) throw usage("image list takes no words");
      const { listImages } = await import("../../images/list.ts");
      print(...(await listImages(values.home)));
    },
  },
  {
    words: "image remove",
    help: "image remove UUID [--home DIR]          remove the content of a standard image that no server uses",
    async run(args) {
      const { values, positionals } = parse(args, { home: { type: "string" } });
      const uuid = parseUuid(only(positionals, "image remove takes one UUID"));
      if (uuid === null) throw usage(`image remove takes a UUID, not "${positionals[0]}"`);
      const { removeImage } = await import("../../images/remove.ts");
      print(await removeImage(uuid, values.home));
    },
  },
];

function only(positionals: readonly string[], otherwise: string): string {
  const [one, ...more] = positionals;
  if (one === undefined || more.length > 0) throw usage(otherwise);
  return one;
}
