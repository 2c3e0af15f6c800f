import assert from "node:assert/strict";
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openSource } from "./source.ts";

test("an import goes on behind what came of a file, unless the file is another by now", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "lodge-test-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "image");
  await writeFile(file, "0123456789");
  const { source, offset } = await openSource(file, null, t.signal);
  assert.equal(offset, 0);
  const earlier = { source: source ?? "", offset: 4 };
  const again = await openSource(file, earlier, t.signal);
  assert.equal(again.offset, 4);
  let rest = "";
  for await (const bytes of again.bytes) rest += Buffer.from(bytes).toString();
  assert.equal(rest, "456789");
  // The same length, and written at another time.
  await writeFile(file, "abcdefghij");
  await utimes(file, 1, 1);
  assert.equal((await openSource(file, earlier, t.signal)).offset, 0);
});
