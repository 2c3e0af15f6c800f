/**
 * The catalogue: standard images and CDs by name, without their content, which is the operator's. The one that comes with
 * Lodge has the rows of the specification's two tables; an operator's own may add to it, or call a row otherwise.
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { uuid } from "../api/value.ts";
import { usage } from "../base/errors.ts";
import { isOneLine } from "../base/one-line.ts";

/** A line for people, at most as long as a drive's name. */
export const imageName = z.string().min(1).max(255).refine(isOneLine);

const entry = z
  .strictObject({
    uuid,
    name: imageName,
    media: z.enum(["disk", "cdrom"]),
    /** A pre-installed image is gzipped, a CD is not. */
    format: z.literal("gzip").optional(),
    /** The size gunzipped that the specification names; what is imported is measured. */
    rawsize: z.int().min(1).optional(),
  })
  .refine(({ media, format }) => media === "disk" || format === undefined, {
    message: "a CD is attached as it is: it has no format",
    path: ["format"],
  });

const catalogue = z
  .array(entry)
  .refine((entries) => new Set(entries.map((each) => each.uuid)).size === entries.length, {
    message: "a uuid stands there twice",
  });

export type CatalogueEntry = z.infer<typeof entry>;

const SHIPPED = new URL("./catalogue.json", import.meta.url);

/**
 * All entries, those of the specification first; where both files have a uuid, the operator's entry counts.
 *
 * @param ownFile the operator's catalogue, which need not be there
 *
 * Errors: `usage`, naming the file and what is wrong in it.
 */
export async function readCatalogue(ownFile: string): Promise<readonly CatalogueEntry[]> {
  const shipped = parseCatalogue(await readFile(SHIPPED, "utf8"), "the catalogue");
  const own = parseCatalogue(await readFile(ownFile, "utf8").catch(absent), ownFile);
  return [...new Map([...shipped, ...own].map((each) => [each.uuid, each])).values()];
}

/** Reads the text of a catalogue. Errors: `usage`. */
export function parseCatalogue(text: string, name: string): readonly CatalogueEntry[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw usage(`${name} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const result = catalogue.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const [index, ...path] = issue?.path ?? [];
  const where =
    index === undefined
      ? ""
      : `, entry ${Number(index) + 1}${path.map((key) => `, ${String(key)}`).join("")}`;
  throw usage(`${name}${where}: ${issue?.message}`);
}

function absent(error: NodeJS.ErrnoException): string {
  if (error.code !== "ENOENT") throw error;
  return "[]";
}
