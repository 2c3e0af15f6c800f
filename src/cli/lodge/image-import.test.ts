import assert from "node:assert/strict";
import { test } from "node:test";
import { DEBIAN, KNOPPIX, refused } from "../../../testing/images/home.ts";
import { describeImage, type ImportFlags, ImportView } from "./image-import.ts";

const CATALOGUE = [
  { uuid: DEBIAN, name: "Debian", media: "disk", format: "gzip" },
  { uuid: KNOPPIX, name: "Knoppix", media: "cdrom" },
] as const;
const OWN = "11111111-2222-4333-8444-555555555555";

for (const [flags, expected] of [
  [{ uuid: DEBIAN }, { name: "Debian", media: "disk", format: "gzip" }],
  [
    { uuid: DEBIAN, name: "Mine", gzip: true },
    { name: "Mine", media: "disk", format: "gzip" },
  ],
  [
    { uuid: KNOPPIX, cdrom: true },
    { name: "Knoppix", media: "cdrom", format: null },
  ],
  [
    { uuid: OWN, name: "Own" },
    { name: "Own", media: "disk", format: null },
  ],
  [
    { uuid: OWN, name: "Own", cdrom: true },
    { name: "Own", media: "cdrom", format: null },
  ],
  [{}, /--uuid takes the UUID/],
  [{ uuid: "x" }, /--uuid takes the UUID/],
  [{ uuid: OWN }, /--name is needed/],
  [{ uuid: OWN, name: "a\nb" }, /--name takes a line/],
  [{ uuid: DEBIAN, cdrom: true }, /is no CD/],
  [{ uuid: KNOPPIX, gzip: true }, /a CD is attached as it is/],
] satisfies [ImportFlags, object][]) {
  test(`an image is described by ${JSON.stringify(flags)} and the catalogue`, () => {
    if (expected instanceof RegExp) {
      assert.throws(() => describeImage(flags, CATALOGUE), refused("usage", expected));
    } else assert.deepEqual(describeImage(flags, CATALOGUE), { uuid: flags.uuid, ...expected });
  });
}

test("a terminal shows how far an import has come, five times a second, and nothing of it stays", () => {
  let nowMs = 0;
  let shown = "";
  const screen = { isTTY: true, write: (text: string) => (shown += text) };
  const view = new ImportView(screen, () => nowMs);
  const progress = { kind: "progress", totalBytes: 4_000_000, earlierBytes: 1_000_000 } as const;
  view.report({ ...progress, doneBytes: 1_500_000 });
  assert.equal(shown, "");
  nowMs = 1000;
  view.report({ ...progress, doneBytes: 2_000_000 });
  assert.equal(shown, "\r50%, 1.0 MB/s, 0:02 left\x1b[K");
  shown = "";
  view.report({ kind: "kept", keptBytes: 2_000_000 });
  assert.equal(shown, "\r\x1b[Kwhat came so far is kept: repeat the import to go on behind it\n");
  shown = "";
  view.clear();
  assert.equal(shown, "");
});

test("without a terminal an import says only what it leaves", () => {
  let shown = "";
  const view = new ImportView({ write: (text: string) => (shown += text) }, () => 0);
  view.report({ kind: "progress", doneBytes: 1, totalBytes: 2, earlierBytes: 0 });
  view.clear();
  assert.equal(shown, "");
});
