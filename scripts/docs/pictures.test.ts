import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pagesIn, pagesWithoutPicture, picturesIn, routesOutOfMap } from "./pictures.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

const TEXT = `
| \`/\` | what needs you |
| \`/drives?q=…\` | all drives |
| \`/drives/UUID?tab=content\`, \`?tab=sharing\` | one |

![The overview](pictures/overview-wide-light.png)
![Content](pictures/drives-UUID-tab-content-narrow-dark.png)
`;

test("a page of the map that has no picture is found, and one of the router that is not in the map", () => {
  assert.deepEqual(pagesIn(TEXT), [
    "/",
    "/drives?q=…",
    "/drives/UUID?tab=content",
    "/drives/UUID?tab=sharing",
  ]);
  assert.deepEqual(picturesIn(TEXT), ["overview-wide-light.png", "drives-UUID-tab-content-narrow-dark.png"]);
  assert.deepEqual(pagesWithoutPicture(TEXT), ["/drives?q=…", "/drives/UUID?tab=sharing"]);
  const router = 'path: "/drives/$uuid",\npath: "/images",';
  assert.deepEqual(routesOutOfMap(router, TEXT), ["/images"]);
});

test("the console's document has each page of the console, with its picture", () => {
  const text = read("docs/console.md");
  assert.deepEqual(routesOutOfMap(read("console/src/app/router.tsx"), text), []);
  assert.deepEqual(pagesWithoutPicture(text), []);
});
