/**
 * Which format a request is in, by `Content-Type`, and which one its answer is to be in, by `Accept`: independent of
 * each other (real clients: 1, 4; rulings: the wire).
 */

import { shown } from "../../api/shown.ts";
import { usage } from "../../base/errors.ts";
import type { Format } from "./format.ts";
import { json } from "./json.ts";
import { text } from "./text.ts";

/** curl and the original tool label text properties with the last three; bare scripts label them with nothing. */
const INPUT_FORMATS: ReadonlyMap<string, Format> = new Map([
  ["text/plain", text],
  ["application/json", json],
  ["application/octet-stream", text],
  ["application/x-www-form-urlencoded", text],
  ["", text],
]);

/** The media types that an answer can have; where `Accept` likes two alike, the first of them. */
const OUTPUT_FORMATS = [
  { type: "text", subtype: "plain", format: text },
  { type: "application", subtype: "json", format: json },
] as const;

/** The format of properties labelled `contentType`. Errors: `usage` when they cannot be properties. */
export function inputFormat(contentType = ""): Format {
  const format = INPUT_FORMATS.get(mediaType(contentType));
  if (format !== undefined) return format;
  throw usage(
    "unsupported_content_type",
    `the Content-Type is ${shown(contentType)}: properties take text/plain or application/json`,
  );
}

/**
 * The format that `accept` asks for (RFC 9110, section 12.5.1): of what it names, that with the highest quality, and of
 * equals the one named first. Text where it names neither.
 */
export function outputFormat(accept: string | undefined): Format {
  if (accept === undefined || accept === "*/*" || accept === "text/plain") return text;
  if (accept === "application/json") return json;
  const ranges = accept.split(",").map(readRange);
  let best: Preference & { format: Format } = { quality: 0, place: ranges.length, format: text };
  for (const { type, subtype, format } of OUTPUT_FORMATS) {
    const preference = preferenceFor(type, subtype, ranges);
    const isBetter =
      preference.quality > best.quality ||
      (preference.quality === best.quality && preference.place < best.place);
    if (preference.quality > 0 && isBetter) best = { ...preference, format };
  }
  return best.format;
}

type Range = { readonly mediaType: string; readonly quality: number };
type Preference = { readonly quality: number; readonly place: number };

/** What the most specific of `ranges` says about a media type, and where it stands among them. */
function preferenceFor(type: string, subtype: string, ranges: readonly Range[]): Preference {
  for (const wanted of [`${type}/${subtype}`, `${type}/*`, "*/*"]) {
    const place = ranges.findIndex((range) => range.mediaType === wanted);
    if (place !== -1) return { quality: ranges[place]?.quality ?? 0, place };
  }
  return { quality: 0, place: ranges.length };
}

function readRange(range: string): Range {
  const quality = /;\s*q=([\d.]+)/i.exec(range)?.[1];
  return { mediaType: mediaType(range), quality: quality === undefined ? 1 : Number(quality) };
}

/** The media type without its parameters. */
function mediaType(header: string): string {
  return (header.split(";", 1)[0] ?? "").trim().toLowerCase();
}
