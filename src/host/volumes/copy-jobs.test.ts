import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { GZIP_STREAMS, type GzipStream } from "../../../testing/gzip-streams.ts";
import { bounded } from "../../../testing/property.ts";
import { long } from "../../../testing/share.ts";
import {
  copied,
  copyJob,
  driveOf,
  isOf,
  MIB,
  nothingLeft,
  padded,
  whole,
} from "../../../testing/volumes/copies.ts";
import { CIPHERS, newDrive, noExporter, openFixture, streamOf } from "../../../testing/volumes/drives.ts";
import { connectNbd } from "../wire/nbd.ts";
import { volumeName } from "./volume-file.ts";

test("a target holds what its source holds, and zeroes behind, whatever the two are", async (t) => {
  const fixture = await openFixture(t);
  const stretch = fc.record({ length: fc.oneof(fc.nat(3000), fc.nat(400_000)), fill: fc.nat(3) });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...CIPHERS),
      fc.constantFrom(...CIPHERS),
      fc.constantFrom(null, "gzip" as const, "gunzip" as const),
      fc.array(stretch, { minLength: 1, maxLength: 5 }),
      fc.nat(200_000),
      async (from, onto, conversion, stretches, behind) => {
        const bytes = Buffer.concat([
          Buffer.of(7),
          ...stretches.map(({ length, fill }) =>
            fill === 3 ? randomBytes(length) : Buffer.alloc(length, fill),
          ),
        ]);
        const held = conversion === "gunzip" ? gzipSync(bytes) : bytes;
        const gap = conversion === null ? 0 : behind % 1000;
        const source = await driveOf(fixture, from, padded(held, held.length + gap));
        const old = randomBytes(bytes.length + 60_000 + behind);
        const target = await driveOf(fixture, onto, old);
        await copied(fixture, copyJob(source, target, conversion));
        const result = await whole(fixture, target);
        const expected = conversion === "gzip" ? await whole(fixture, source) : bytes;
        const found = conversion === "gzip" ? gunzipSync(result) : result;
        assert(found.equals(conversion === "gzip" ? expected : padded(expected, target.sizeBytes)));
        for (const { uuid } of [source, target]) await fixture.host.destroy(uuid, 1);
      },
    ),
    bounded(30),
  );
  await nothingLeft(fixture);
  assert.deepEqual(fixture.troubles, []);
});

for (const cipher of CIPHERS) {
  test(`a sparse drive with cipher ${cipher} is copied by its data`, async (t) => {
    const fixture = await openFixture(t);
    const source = newDrive(cipher, 10 * 1024 * MIB);
    await fixture.host.create(source, 1);
    const data = randomBytes(3 * MIB);
    for (const at of [0, 5000, 10_000]) await fixture.host.write(source, at * MIB, streamOf(data));
    const target = newDrive(cipher, source.sizeBytes);
    await fixture.host.create(target, 1);
    const parts: number[] = [];
    const job = copyJob(source, target);
    await fixture.host.startCopy(job, 1);
    for (;;) {
      const state = await fixture.host.job(job.id);
      if (state?.state !== "running") break;
      parts.push(state.part);
      await turn();
    }
    assert.deepEqual(await fixture.host.job(job.id), { state: "done" });
    const { blocks } = await stat(join(fixture.home, volumeName(target)));
    assert(blocks * 512 < 16 * MIB, `it takes ${blocks * 512} bytes`);
    assert((await fixture.host.read(target, 10_000 * MIB, data.length)).equals(data));
    assert.deepEqual(
      parts,
      parts.toSorted((one, other) => one - other),
      "progress goes on",
    );
    assert(parts.every((part) => part >= 0 && part <= 1) && (parts.at(-1) ?? 0) > 0.5);
    await nothingLeft(fixture);
  });
}

test("what a guest wrote behind the source's end, within its last sector, is not copied", async (t) => {
  const fixture = await openFixture(t);
  const source = await driveOf(fixture, "none", Buffer.alloc(1000, 1));
  const request = { volume: source, shared: false, readOnly: false, nodeName: "n" };
  const attachment = await fixture.host.attach("s", request, noExporter);
  const server = await fixture.openLikeServer(attachment, "n");
  const guest = await connectNbd(server.address);
  await guest.write(1000, [Buffer.alloc(24, 9)]);
  await guest.flush();
  await server.end();
  fixture.host.detach("s");
  const target = newDrive("aes-xts-plain", 2000);
  await fixture.host.create(target, 1);
  await copied(fixture, copyJob(source, target));
  assert((await whole(fixture, target)).equals(padded(Buffer.alloc(1000, 1), 2000)));
});

const zipped = gzipSync(Buffer.concat([randomBytes(700_000), Buffer.alloc(600_000, 5)]));
const damaged = Buffer.from(zipped).fill(0xff, 300_000, 300_100);

/** A drive has room behind its stream, which reads as zeroes. */
const streams: readonly GzipStream[] = [
  ...GZIP_STREAMS,
  ...GZIP_STREAMS.map(({ what, gzip, holds }) => ({
    what: `${what}, with room behind it`,
    gzip: padded(gzip, gzip.length + 300_000),
    holds,
  })),
  { what: "a damaged member", gzip: damaged, holds: null },
  { what: "a member that is cut off", gzip: zipped.subarray(0, 500_000), holds: null },
  { what: "no gzip", gzip: Buffer.alloc(100_000, 5), holds: null },
  { what: "nothing but zeroes", gzip: Buffer.alloc(100_000), holds: null },
];

test(
  "a drive that is imaged with gunzip is taken whole or refused, and then its target reads as zeroes",
  long,
  async (t) => {
    const fixture = await openFixture(t);
    for (const { what, gzip, holds } of streams) {
      await t.test(what, async () => {
        const source = await driveOf(fixture, "none", gzip);
        const target = await driveOf(fixture, "none", Buffer.alloc(2_000_000, 1));
        const job = copied(fixture, copyJob(source, target, "gunzip"));
        if (holds === null)
          await assert.rejects(
            job,
            (error) => isOf("usage")(error) && /holds no whole gzip stream/.test(String(error)),
          );
        else await job;
        assert((await whole(fixture, target)).equals(padded(holds ?? Buffer.alloc(0), target.sizeBytes)));
        for (const { uuid } of [source, target]) await fixture.host.destroy(uuid, 1);
      });
    }
    await nothingLeft(fixture);
  },
);

test("a member that ends where a piece does is followed by the next", async (t) => {
  const fixture = await openFixture(t);
  // Stored, not packed, so that the length of the stream can be chosen: a piece has 256 KiB.
  const bytes = 262_144 - 18 - 5 * 5;
  const short = 262_144 - gzipSync(randomBytes(bytes), { level: 0 }).length;
  const one = gzipSync(randomBytes(bytes + short), { level: 0 });
  assert.equal(one.length, 262_144);
  const held = Buffer.concat([one, gzipSync(Buffer.from("next"))]);
  const source = await driveOf(fixture, "none", padded(held, 600_000));
  const target = await driveOf(fixture, "none", Buffer.alloc(400_000, 1));
  await copied(fixture, copyJob(source, target, "gunzip"));
  assert((await whole(fixture, target)).equals(padded(gunzipSync(held), 400_000)));
});

test("a job that has ended is known until another onto its target begins, or the target is destroyed", async (t) => {
  const fixture = await openFixture(t);
  const { host } = fixture;
  const source = await driveOf(fixture, "none", randomBytes(1024));
  const [target, other] = [newDrive("none", 1024), newDrive("none", 1024)];
  for (const drive of [target, other]) await host.create(drive, 1);
  const [first, second, beside] = [
    copyJob(source, target),
    copyJob(source, target),
    copyJob(source, other),
  ] as const;
  const known = () =>
    Promise.all([first, second, beside].map(async ({ id }) => (await host.job(id))?.state ?? null));
  await copied(fixture, first);
  await copied(fixture, beside);
  assert.deepEqual(await known(), ["done", null, "done"]);
  await copied(fixture, second);
  assert.deepEqual(await known(), [null, "done", "done"]);
  await host.destroy(target.uuid, 1);
  assert.deepEqual(await known(), [null, null, "done"]);
});

test("a result that does not fit is full, and the target reads as zeroes", async (t) => {
  const fixture = await openFixture(t);
  const source = await driveOf(fixture, "aes-xts-plain", gzipSync(Buffer.alloc(MIB, 3)));
  const target = await driveOf(fixture, "none", Buffer.alloc(MIB - 1, 1));
  await assert.rejects(copied(fixture, copyJob(source, target, "gunzip")), isOf("full"));
  assert((await whole(fixture, target)).every((byte) => byte === 0));
  await nothingLeft(fixture);
});
