/**
 * The sample guest as a drive: uploaded once for a cloud, and cheap to copy byte by byte for each server. Emulated guests boot
 * from `block:N` in four fifths of the time that they need from `ide:C:U`, whose words the BIOS reads one by one.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { Asked, Cloud } from "../cloud.ts";

const CHUNK_BYTES = 4 * 2 ** 20;
const ZEROES = Buffer.alloc(CHUNK_BYTES);

/** Where the test run built the sample image. */
export function sampleImage(): string {
  const file = process.env.LODGE_SAMPLE_IMAGE;
  assert.ok(file, "LODGE_SAMPLE_IMAGE names no image: run the tests with npm test");
  return file;
}

/** A drive with the sample guest on it. What is zero in its image, most of it, is so in a new drive. */
export async function sampleDrive(
  cloud: Cloud,
  properties: Readonly<Record<string, string>> = {},
  as: Pick<Asked, "auth"> = {},
): Promise<string> {
  const image = await readFile(sampleImage());
  const asked = { name: "sample", size: image.length, ...properties };
  const made = await cloud.make("drives/create", asked, as);
  const drive = made.get("drive") ?? "";
  for (let offset = 0; offset < image.length; offset += CHUNK_BYTES) {
    const body = image.subarray(offset, offset + CHUNK_BYTES);
    if (body.equals(ZEROES.subarray(0, body.length))) continue;
    const answer = await cloud.ask(`drives/${drive}/write/${offset}`, { body, ...as });
    assert.equal(answer.status, 204, answer.text);
  }
  return drive;
}
