/** Zeroes that were written on an encrypted drive, and then the storage daemon was killed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../../../testing/until.ts";
import { driveOf, MIB } from "../../../testing/volumes/copies.ts";
import { CIPHERS, openFixture } from "../../../testing/volumes/drives.ts";
import { BLOCK_BYTES } from "./pieces.ts";

const ZEROES = 4 * MIB;

for (const cipher of CIPHERS) {
  test(`a drive with cipher ${cipher} whose zeroes were not flushed has the old bytes or zeroes`, async (t) => {
    const fixture = await openFixture(t);
    const drive = await driveOf(fixture, cipher, Buffer.alloc(8 * MIB, 7));
    const rest = Promise.withResolvers<void>();
    async function* neverWhole(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < ZEROES; at += BLOCK_BYTES) yield Buffer.alloc(BLOCK_BYTES);
      // What comes behind it sends the run of zeroes on its way.
      for (let at = 0; at < MIB; at += BLOCK_BYTES) yield Buffer.alloc(BLOCK_BYTES, 1);
      await rest.promise;
    }
    const writing = fixture.host.write(drive, 0, neverWhole()).catch((error: unknown) => error);
    await until("the zeroes are there", async () => {
      const read = await fixture.host.read(drive, 0, ZEROES);
      return read.every((byte) => byte === 0) || null;
    });
    await fixture.killDaemon();
    rest.resolve();
    await writing;
    const read = await fixture.host.read(drive, 0, ZEROES);
    const other = read.findIndex((byte) => byte !== 0 && byte !== 7);
    assert.equal(other, -1, `byte ${other} is ${read[other]}`);
  });
}
