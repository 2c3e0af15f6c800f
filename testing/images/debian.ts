/** The Debian 12 image as a drive of a cloud. */
import assert from "node:assert/strict";
import type { Cloud } from "../cloud.ts";

/** Where the test run built the image, gzipped. */
export function debianImage(): string {
  const file = process.env.LODGE_DEBIAN_IMAGE;
  assert.ok(file, "LODGE_DEBIAN_IMAGE names no image: run the tests with npm run test:images");
  return file;
}

/** A drive of `sizeBytes` that the image was uploaded to as users do. */
export async function uploadedDebian(cloud: Cloud, sizeBytes: number): Promise<string> {
  const upload = await cloud.tool("elastichosts-upload", ["-z", debianImage()]);
  assert.equal(upload.code, 0, upload.stderr);
  const [, drive = ""] = /^Created drive (\S+) /m.exec(upload.stdout) ?? [];
  await cloud.make(`drives/${drive}/set`, { size: sizeBytes });
  return drive;
}
