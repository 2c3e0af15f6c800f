/**
 * Importing a standard image: its room is promised, its bytes stream into a file that is none of a drive's yet, and when
 * they are whole and found right, the image is there for everybody at once. What interrupts it leaves what came so far,
 * and the same import goes on behind it.
 */

import { join } from "node:path";
import { failed, LodgeError, usage } from "../base/errors.ts";
import { parseUuid } from "../base/ids.ts";
import { describe, type Screen } from "../cli/terminal/meter.ts";
import { countDiskSpace } from "../host/volumes/disk-space.ts";
import { diskFull, isOutOfSpace } from "../host/volumes/faults.ts";
import { type Filling, openFilling, removeSealed } from "../host/volumes/sealed-file.ts";
import { type CatalogueEntry, imageName } from "./catalogue.ts";
import { atWorkplace, type Workplace } from "./image-store.ts";
import { measure } from "./measure.ts";
import type { Content, Description, Left } from "./records.ts";
import { openSource, type SourceContent } from "./source.ts";

const SHOW_EVERY_MS = 200;

/** The flags of the command. */
export type ImportFlags = {
  readonly uuid?: string | undefined;
  readonly name?: string | undefined;
  readonly cdrom?: boolean | undefined;
  readonly gzip?: boolean | undefined;
  readonly sha256?: string | undefined;
  readonly home?: string | undefined;
};

/** Imports it, and answers what to print. Errors: `usage`, `busy`, `full`, `failed`. */
export function importImage(from: string, flags: ImportFlags, screen: Screen): Promise<string[]> {
  return atWorkplace(flags.home, async (place) => {
    const image = description(flags, place.catalogue);
    const sha256 = checksum(flags.sha256);
    const left = await place.images.take(image);
    const content = await fill(place, image, left, { from, sha256, screen });
    const { name, uuid, format } = image;
    const size = `${format === null ? "" : "gunzipped, "}${content.rawSizeBytes} bytes`;
    return [`imported ${uuid} ${name} (${size})`, `sha256 ${content.sha256}`];
  });
}

/** What the flags say of the image, and where they say nothing, the catalogue. Errors: `usage`. */
export function description(flags: ImportFlags, catalogue: readonly CatalogueEntry[]): Description {
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

function checksum(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!/^[0-9a-f]{64}$/i.test(text)) throw usage("--sha256 takes 64 hex digits");
  return text.toLowerCase();
}

type Task = { readonly from: string; readonly sha256: string | null; readonly screen: Screen };

/** Brings the content of an image that was taken up. Errors: then what came is kept, where it can be gone on with. */
async function fill(
  { images, folder }: Workplace,
  image: Description,
  left: Left | null,
  task: Task,
): Promise<Content> {
  const { uuid } = image;
  if (left?.removing) await removeSealed(folder, uuid);
  const before =
    left?.removing || left?.source == null ? null : { source: left.source, sizeBytes: left.sizeBytes };
  const file = await openFilling(folder, uuid, before?.sizeBytes ?? 0);
  /** Whether what is there is the beginning of what the row names. */
  let isRight = true;
  try {
    const earlier = before === null ? null : { source: before.source, offset: file.keptBytes() };
    const source = await openSource(task.from, earlier);
    try {
      if (source.totalBytes === 0) throw usage(`${task.from} is empty`);
      // Before the row says that what is there comes from this source, nothing of another may be there.
      await file.cut(source.offset);
      await images.reserve(
        uuid,
        source.source,
        source.totalBytes,
        await countDiskSpace(join(folder.home, "drives")),
      );
      const content = await transfer(file, source, image, task).catch((error: unknown) => {
        isRight = source.source !== null && !isWrong(error);
        throw error;
      });
      await file.seal();
      await images.finish(image, content);
      return content;
    } finally {
      await source.drop();
    }
  } catch (error) {
    if (isRight && file.keptBytes() > 0) {
      await images.letGo(uuid);
      task.screen.write("what came so far is kept: repeat the import to go on behind it\n");
    } else {
      await removeSealed(folder, uuid);
      await images.forget(uuid);
    }
    throw isOutOfSpace(error) ? diskFull(error) : error;
  } finally {
    await file.close();
  }
}

/** Whether the content itself was at fault, so that going on with it leads nowhere. */
const isWrong = (error: unknown) => error instanceof LodgeError && error.type === "usage";

/** Streams the source into the file, within a bound of memory, and answers what it was. Errors: `usage` when it is wrong. */
async function transfer(
  file: Filling,
  source: SourceContent,
  { format }: Description,
  { from, sha256, screen }: Task,
): Promise<Content> {
  const { offset, totalBytes } = source;
  const measured = measure(format === "gzip");
  const show = progressLine(screen, source);
  try {
    await file.read(measured.take);
    let at = offset;
    for await (const bytes of source.bytes) {
      await measured.take(bytes);
      await file.append(bytes);
      at += bytes.length;
      show(at);
    }
    if (at !== totalBytes) throw failed(`${from} ended after ${at} bytes of ${totalBytes}`);
    const content = await measured.finish();
    if (sha256 !== null && content.sha256 !== sha256) {
      throw usage(`the content has the SHA-256 ${content.sha256}, not ${sha256}`);
    }
    return content;
  } finally {
    measured.drop();
    if (screen.isTTY) screen.write("\r\x1b[K");
  }
}

/** On a terminal, a line that says how far it has come. */
function progressLine(screen: Screen, { offset, totalBytes }: SourceContent): (atBytes: number) => void {
  const startedMs = performance.now();
  let shownMs = startedMs;
  return (atBytes) => {
    const nowMs = performance.now();
    if (!screen.isTTY || nowMs - shownMs < SHOW_EVERY_MS) return;
    shownMs = nowMs;
    screen.write(`\r${describe(atBytes, totalBytes, nowMs - startedMs, offset)}\x1b[K`);
  };
}
