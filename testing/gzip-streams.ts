/** gzip streams as whoever inflates one must take them: what comes behind a member is read on or refused, never dropped. */
import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";

/** `holds`: what is in it; null: it is to be refused. */
export type GzipStream = { readonly what: string; readonly gzip: Buffer; readonly holds: Buffer | null };

const [first, second] = [randomBytes(70_000), Buffer.alloc(300_000, "another member; ")];
const [one, two, padding] = [gzipSync(first), gzipSync(second), Buffer.alloc(400_000)];
const both = Buffer.concat([first, second]);
const damaged = Buffer.from(two);
damaged.writeUInt32LE(0, two.length - 8);

const stream = (what: string, parts: readonly Buffer[], holds: Buffer | null): GzipStream => ({
  what,
  gzip: Buffer.concat(parts),
  holds,
});

export const GZIP_STREAMS: readonly GzipStream[] = [
  stream("a member", [one], first),
  stream("a member behind another", [one, two], both),
  stream("zeroes behind a member", [one, padding], first),
  stream("a member behind a single zero", [one, padding.subarray(0, 1), two], both),
  stream("a member behind many zeroes, and zeroes behind that", [one, padding, two, padding], both),
  stream("junk behind a member", [one, Buffer.from("junk")], null),
  stream("junk behind a single zero", [one, padding.subarray(0, 1), Buffer.from("junk")], null),
  stream("junk behind many zeroes", [one, padding, Buffer.from("junk")], null),
  stream("a byte behind many zeroes", [one, padding, Buffer.of(1)], null),
  stream("a member that is damaged behind zeroes", [one, padding, damaged], null),
  stream("a member that is cut off behind zeroes", [one, padding, two.subarray(0, 20)], null),
];
