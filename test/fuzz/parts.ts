/** All parts. */
import { JSON_BODIES, TEXT } from "./formats.ts";
import { GZIP } from "./gzip.ts";
import { HTTP } from "./http.ts";
import { KEY_VALUES } from "./keys.ts";
import { NBD } from "./nbd.ts";
import type { Part } from "./part.ts";
import { QMP } from "./qmp.ts";
import { VNC } from "./vnc.ts";

export const PARTS: readonly Part[] = [TEXT, JSON_BODIES, KEY_VALUES, GZIP, NBD, QMP, VNC, HTTP];

/** How many cases each of the parts has of so many in all, each one at least. */
export function shares(parts: readonly Part[], cases: number): ReadonlyMap<Part, number> {
  const whole = parts.reduce((sum, { share }) => sum + share, 0);
  return new Map(parts.map((part) => [part, Math.max(1, Math.round((cases * part.share) / whole))]));
}
