/** `npm run package` builds Debian's package into `dist/`. */
import { join } from "node:path";
import { buildPackage } from "./package/build.ts";

const ROOT = join(import.meta.dirname, "..");

console.log(`Built ${buildPackage(ROOT, join(ROOT, "dist"))}`);
