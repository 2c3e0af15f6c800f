/** Which Lodge this is, as its package says. */
import { readFileSync } from "node:fs";
import { z } from "zod";

const MANIFEST = z.object({ version: z.string() });

/** Such as `0.1.0`. */
export const VERSION: string = MANIFEST.parse(
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")),
).version;
