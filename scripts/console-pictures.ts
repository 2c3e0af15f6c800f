/**
 * `npm run docs:console`: the console's pictures for the documents, as its tests see it: `docs/pictures/`, which `docs/console.md`
 * shows and git does not keep, and `docs/console.jpg`, the one of the README, which it does.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { picturesIn } from "./docs/pictures.ts";

const ROOT = join(import.meta.dirname, "..");
const PICTURES = join(ROOT, "docs", "pictures");
const README = join(ROOT, "docs", "console.jpg");
const MOST_BYTES = 150 * 1024;

rmSync(PICTURES, { recursive: true, force: true });
mkdirSync(PICTURES);
const tests = ["pages", "cloud-pages", "money", "palette", "serial", "story"].map(
  (name) => `console/test/${name}.test.ts`,
);
const { status } = spawnSync(process.execPath, [join(ROOT, "scripts", "test.ts"), ...tests], {
  stdio: "inherit",
  env: { ...process.env, LODGE_PICTURES: PICTURES },
});
if (status !== 0) process.exit(status ?? 1);

const named = picturesIn(readFileSync(join(ROOT, "docs", "console.md"), "utf8"));
const absent = named.filter((file) => !existsSync(join(PICTURES, file)));
if (absent.length > 0) {
  console.error(`docs/console.md shows what was not made: ${absent.join(", ")}`);
  process.exit(1);
}

const story = join(PICTURES, "story.jpg");
const { size } = statSync(story);
if (size > MOST_BYTES) {
  console.error(`The README's picture has ${size} bytes, of ${MOST_BYTES}.`);
  process.exit(1);
}
copyFileSync(story, README);
