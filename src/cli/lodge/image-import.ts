/** `lodge image import`: gives a standard image its content, showing on a terminal how far it has come. */
import { usage } from "../../base/errors.ts";
import { parseUuid } from "../../base/ids.ts";
import { type CatalogueEntry, imageName } from "../../images/catalogue.ts";
import type { ImageStore } from "../../images/image-store.ts";
import { type ImportEvent, importImage } from "../../images/import.ts";
import type { Description } from "../../images/row.ts";
import { describe, type Screen } from "../terminal/meter.ts";
import { withImageStore } from "./image-store.ts";
import { only, parse, print } from "./subcommand.ts";

const SHOW_EVERY_MS = 200;

export type ImportFlags = {
  readonly uuid?: string | undefined;
  readonly name?: string | undefined;
  readonly cdrom?: boolean | undefined;
  readonly gzip?: boolean | undefined;
  readonly sha256?: string | undefined;
};

/** Errors: `usage`, `busy`, `full`, `failed`. */
export async function run(args: readonly string[]): Promise<void> {
  const { values: flags, positionals } = parse(args, {
    uuid: { type: "string" },
    name: { type: "string" },
    cdrom: { type: "boolean" },
    gzip: { type: "boolean" },
    sha256: { type: "string" },
    home: { type: "string" },
  });
  const from = only(positionals, "image import takes one FILE-OR-URL");
  await withImageStore(flags.home, async (images) =>
    print(...(await importByFlags(images, from, flags, process.stderr))),
  );
}

/** Imports as the flags say, and answers what to print. Errors: `usage`, `busy`, `full`, `failed`. */
export async function importByFlags(
  images: ImageStore,
  from: string,
  flags: ImportFlags,
  screen: Screen,
): Promise<string[]> {
  const image = describeImage(flags, images.catalogue);
  const view = new ImportView(screen);
  try {
    const order = { image, from, sha256: checksum(flags.sha256) };
    const { sha256, rawSizeBytes } = await importImage(images, order, (event) => view.report(event));
    const size = `${image.format === null ? "" : "gunzipped, "}${rawSizeBytes} bytes`;
    return [`imported ${image.uuid} ${image.name} (${size})`, `sha256 ${sha256}`];
  } finally {
    view.clear();
  }
}

/** What the flags say of the image, and where they say nothing, the catalogue. Errors: `usage`. */
export function describeImage(flags: ImportFlags, catalogue: readonly CatalogueEntry[]): Description {
  const uuid = parseUuid(flags.uuid ?? "");
  if (uuid === null) throw usage("--uuid takes the UUID that the image is to have");
  const known = catalogue.find((entry) => entry.uuid === uuid);
  const name = flags.name ?? known?.name;
  if (name === undefined) throw usage(`--name is needed: the catalogue has no image ${uuid}`);
  if (!imageName.safeParse(name).success) throw usage("--name takes a line of 1 to 255 characters");
  if (known?.media === "disk" && flags.cdrom) throw usage(`${known.name} is no CD: leave --cdrom out`);
  const media = known?.media ?? (flags.cdrom ? "cdrom" : "disk");
  if (media === "cdrom" && flags.gzip) {
    throw usage("a CD is attached as it is: gunzip it first, and leave --gzip out");
  }
  return { uuid, name, media, format: (known?.format ?? flags.gzip) ? "gzip" : null };
}

/** Errors: `usage`. */
function checksum(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!/^[0-9a-f]{64}$/i.test(text)) throw usage("--sha256 takes 64 hex digits");
  return text.toLowerCase();
}

/** What the screen shows of an import: on a terminal, a line that says how far it has come. */
export class ImportView {
  readonly #screen: Screen;
  readonly #nowMs: () => number;
  readonly #startedMs: number;
  #shownMs: number;
  #isShown = false;

  constructor(screen: Screen, nowMs: () => number = () => performance.now()) {
    this.#screen = screen;
    this.#nowMs = nowMs;
    this.#startedMs = nowMs();
    this.#shownMs = this.#startedMs;
  }

  report(event: ImportEvent): void {
    if (event.kind === "kept") {
      this.clear();
      this.#screen.write("what came so far is kept: repeat the import to go on behind it\n");
      return;
    }
    const { doneBytes, totalBytes, earlierBytes } = event;
    const nowMs = this.#nowMs();
    if (!this.#screen.isTTY || nowMs - this.#shownMs < SHOW_EVERY_MS) return;
    this.#shownMs = nowMs;
    this.#isShown = true;
    const line = describe(doneBytes, totalBytes, nowMs - this.#startedMs, earlierBytes);
    this.#screen.write(`\r${line}\x1b[K`);
  }

  /** Takes the line away, if there is one. */
  clear(): void {
    if (this.#isShown) this.#screen.write("\r\x1b[K");
    this.#isShown = false;
  }
}
