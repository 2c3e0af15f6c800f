import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseCatalogue, readCatalogue } from "./catalogue.ts";

const OWN = { uuid: "11111111-2222-4333-8444-555555555555", name: "Own", media: "cdrom" };

test("the catalogue has the specification's 8 images, gzipped, and its 22 CDs", async () => {
  const catalogue = await readCatalogue("/nowhere/catalogue.json");
  const kinds = Map.groupBy(catalogue, ({ media, format }) => `${media} ${format ?? "raw"}`);
  assert.deepEqual(
    [...kinds].map(([kind, entries]) => [kind, entries.length]),
    [
      ["disk gzip", 8],
      ["cdrom raw", 22],
    ],
  );
});

test("an operator's catalogue adds to it and calls a row otherwise", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "lodge-catalogue-"));
  t.after(() => rm(dir, { recursive: true }));
  const file = join(dir, "catalogue.json");
  const renamed = { uuid: "980CF63C-f21e-4382-997b-6541d5809629", name: "Debian 12", media: "disk" };
  await writeFile(file, JSON.stringify([OWN, renamed]));
  const catalogue = await readCatalogue(file);
  assert.equal(catalogue.length, 31);
  assert.equal(catalogue.find(({ uuid }) => uuid === renamed.uuid.toLowerCase())?.name, "Debian 12");
  assert.deepEqual(catalogue.at(-1), OWN);
});

for (const [what, text, says] of [
  ["no JSON", "[", /^own is not JSON: /],
  ["no list", "{}", /^own: /],
  ["an unknown key", JSON.stringify([{ ...OWN, colour: "red" }]), /^own, entry 1: .*colour/],
  ["a bad uuid", JSON.stringify([{ ...OWN, uuid: "x" }]), /^own, entry 1, uuid: /],
  ["a medium that there is not", JSON.stringify([OWN, { ...OWN, media: "tape" }]), /^own, entry 2, media: /],
  ["a gzipped CD", JSON.stringify([{ ...OWN, format: "gzip" }]), /^own, entry 1, format: a CD is attached/],
  ["a uuid twice", JSON.stringify([OWN, OWN]), /^own: a uuid stands there twice$/],
  ["a name of two lines", JSON.stringify([{ ...OWN, name: "a\nb" }]), /^own, entry 1, name: /],
] as const) {
  test(`a catalogue with ${what} is refused in a sentence`, () => {
    assert.throws(() => parseCatalogue(text, "own"), { type: "usage", message: says });
  });
}
