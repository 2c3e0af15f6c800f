import assert from "node:assert/strict";
import { test } from "node:test";
import { buildImage } from "./image-build.ts";

test("a recipe that there is not, or words too many, are refused with the recipes that there are", async () => {
  for (const words of [[], ["debian-13"], ["constructor"], ["debian-12", "a", "b"]]) {
    await assert.rejects(buildImage(words, assert.fail, new AbortController().signal), {
      type: "usage",
      message: "image build takes debian-12, and a FILE to write",
    });
  }
});
