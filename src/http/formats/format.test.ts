import assert from "node:assert/strict";
import { test } from "node:test";
import type { Properties } from "../../api/properties.ts";
import { writeAll, writeInSlices } from "./format.ts";
import { json } from "./json.ts";
import { text } from "./text.ts";

const objects = (count: number): Properties[] =>
  Array.from({ length: count }, (_, index) => [
    ["drive", `drive ${index}`],
    ["name", `name ${index}`],
  ]);

for (const [name, format] of Object.entries({ json, text })) {
  for (const kind of ["list", "properties list"] as const) {
    test(`a ${kind} as ${name} that is written in slices is the same as one that is written at once`, async () => {
      for (const count of [0, 1, 200, 201, 450]) {
        const all = objects(count);
        assert.equal(
          await writeInSlices(format.write[kind], all),
          writeAll(format.write[kind], all),
          `${count}`,
        );
      }
    });
  }
}
