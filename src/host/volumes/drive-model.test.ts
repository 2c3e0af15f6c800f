import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { bounded } from "../../../testing/property.ts";
import { type Fixture, KINDS, newDrive, openFixture, streamOf } from "../../../testing/volumes/drives.ts";
import { LodgeError } from "../../base/errors.ts";

/** Places where things change: sectors, subclusters, blocks, clusters, pieces, and anything between. */
const place = fc.oneof(
  fc.nat(1_300_000),
  fc
    .tuple(
      fc.constantFrom(512, 4096, 65_536, 131_072, 1_048_576),
      fc.nat(20),
      fc.integer({ min: -2, max: 2 }),
    )
    .map(([unit, count, around]) => Math.max(0, Math.min(unit * count, 1_300_000) + around)),
);

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      offset: place,
      /** Stretches of one byte's value, zeroes among them. */
      stretches: fc.array(fc.record({ length: fc.oneof(fc.nat(2000), fc.nat(300_000)), fill: fc.nat(3) }), {
        minLength: 1,
        maxLength: 4,
      }),
      chunkBytes: fc.integer({ min: 1000, max: 200_000 }),
      lengthKnown: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("read" as const), offset: place, length: place }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("resize" as const), sizeBytes: place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("kill" as const, "reopen" as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** As callers do who are told that a process was lost in the middle: they send it again. */
async function sent(write: () => Promise<number>): Promise<number> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof LodgeError) || error.code !== "host_interrupted") throw error;
      // That the process is gone is heard of in a turn of its own, which a caller's next request would give.
      await setImmediate();
    }
  }
}

/** Does one step to the drive and to the model, and answers the model. */
async function take(
  fixture: Fixture,
  drive: ReturnType<typeof newDrive>,
  model: Buffer,
  step: Step,
): Promise<Buffer> {
  const now = { ...drive, sizeBytes: model.length };
  const { host } = fixture;
  switch (step.kind) {
    case "write": {
      const bytes = Buffer.concat(step.stretches.map(({ length, fill }) => Buffer.alloc(length, fill)));
      const offset = Math.min(step.offset, model.length);
      const fits = offset + bytes.length <= model.length;
      const known = step.lengthKnown || !fits ? bytes.length : undefined;
      const writing = sent(() => host.write(now, offset, streamOf(bytes, step.chunkBytes), known));
      if (!fits) {
        await assert.rejects(writing, (error) => error instanceof LodgeError && error.type === "full");
        return model;
      }
      assert.equal(await writing, bytes.length);
      bytes.copy(model, offset);
      return model;
    }
    case "read": {
      const offset = Math.min(step.offset, model.length);
      const expected = model.subarray(offset, offset + step.length);
      assert((await host.read(now, offset, expected.length)).equals(expected), "a read differs");
      return model;
    }
    case "resize": {
      const sizeBytes = Math.max(1, step.sizeBytes);
      await host.resize(now, sizeBytes, ((await host.describe(now.uuid))?.generation ?? 0) + 1);
      const resized = Buffer.alloc(sizeBytes);
      model.copy(resized);
      return resized;
    }
    case "kill":
      await fixture.killDaemon();
      return model;
    case "reopen":
      await fixture.reopen();
      return model;
  }
}

for (const { format, cipher } of KINDS) {
  test(`a ${format} drive with cipher ${cipher} holds what a byte array would, through resizes, kills and restarts`, async (t) => {
    const fixture = await openFixture(t);
    await fc.assert(
      fc.asyncProperty(
        place,
        fc.array(step, { minLength: 1, maxLength: 15, size: "max" }),
        async (size, steps) => {
          const drive = newDrive(cipher, Math.max(1, size), format);
          await fixture.host.create(drive, 1);
          let model: Buffer = Buffer.alloc(drive.sizeBytes);
          for (const step of steps) model = await take(fixture, drive, model, step);
          const now = { ...drive, sizeBytes: model.length };
          assert((await fixture.host.read(now, 0, model.length)).equals(model), "the whole differs");
          await fixture.host.destroy(drive.uuid, Number.MAX_SAFE_INTEGER);
        },
      ),
      bounded(40),
    );
    assert.deepEqual(await fixture.host.list(), []);
  });
}
