/** Jobs that fetch, with real files and a real storage daemon: what the drive holds, whatever the source sends. */
import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openSourceServer, sendContent } from "../../../testing/source-server.ts";
import {
  driveOf,
  ended,
  isOf,
  MIB,
  nothingLeft,
  padded,
  through,
  whole,
} from "../../../testing/volumes/copies.ts";
import { CIPHERS, type Fixture, openFixture } from "../../../testing/volumes/drives.ts";
import type { FetchJob, Volume } from "../host.ts";
import { volumeName } from "./volume-file.ts";

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

const fetchJob = (target: Volume, url: string, sum: string | null = null): FetchJob => ({
  ...{ id: randomUUID(), target, url, sha256: sum },
});

/** Does the job to its end. Errors: why it has failed. */
async function fetched(fixture: Fixture, job: FetchJob): Promise<void> {
  await fixture.host.startFetch(job, 1);
  const state = await ended(fixture, job);
  assert.ok(state !== null, "the job is not known any more");
  if (state.state === "failed") throw state.error;
}

async function opened(t: TestContext) {
  const fixture = await openFixture(t);
  const source = await openSourceServer(t);
  return { fixture, source };
}

for (const cipher of CIPHERS) {
  test(`a drive with cipher ${cipher} holds what a URL leads to, and zeroes behind`, async (t) => {
    const { fixture, source } = await opened(t);
    const content = randomBytes(3 * MIB + 17);
    content.fill(0, MIB, 2 * MIB);
    source.answer = (request, response) => sendContent(request, response, content);
    const target = await driveOf(fixture, cipher, randomBytes(5 * MIB));
    await fetched(fixture, fetchJob(target, source.url, sha256(content)));
    assert.ok((await whole(fixture, target)).equals(padded(content, target.sizeBytes)));
    assert.equal(source.asked.length, 1);
    await nothingLeft(fixture);
    assert.deepEqual(fixture.troubles, []);
  });
}

test("zeroes of a content take no room", async (t) => {
  const { fixture, source } = await opened(t);
  const content = Buffer.alloc(16 * MIB);
  content.fill(7, 0, 4096);
  source.answer = (request, response) => sendContent(request, response, content);
  const target = await driveOf(fixture, "none", randomBytes(16 * MIB));
  await fetched(fixture, fetchJob(target, source.url));
  const { blocks } = await stat(join(fixture.home, volumeName(target)));
  assert.ok(blocks * 512 < MIB, `${blocks} blocks`);
});

const content = randomBytes(2 * MIB);

const FAILURES: readonly {
  readonly what: string;
  readonly type: string;
  readonly says: RegExp;
  readonly sum?: string;
  readonly sends?: Buffer;
  readonly isLengthSaid?: boolean;
}[] = [
  {
    what: "another checksum",
    type: "usage",
    says: /has the SHA-256 [0-9a-f]{64}, not 0{64}$/,
    sum: "0".repeat(64),
  },
  {
    ...{
      what: "a content that is longer than the drive",
      type: "full",
      says: /^the content has 3145728 bytes, and/,
    },
    sends: Buffer.alloc(3 * MIB, 1),
  },
  {
    ...{
      what: "one that is longer and does not say so",
      type: "full",
      says: /^the content does not fit: the drive has/,
    },
    ...{ sends: Buffer.alloc(3 * MIB, 1), isLengthSaid: false },
  },
];
for (const { what, type, says, sum = null, sends = content, isLengthSaid = true } of FAILURES) {
  test(`${what} ends the job, and the drive reads as zeroes`, async (t) => {
    const { fixture, source } = await opened(t);
    source.answer = (request, response) => {
      if (isLengthSaid) sendContent(request, response, sends);
      else response.write(sends, () => response.end());
    };
    const target = await driveOf(fixture, "aes-xts-plain", randomBytes(2 * MIB));
    const failing = fetched(fixture, fetchJob(target, source.url, sum));
    await assert.rejects(failing, (error: Error) => isOf(type)(error) && says.test(error.message));
    assert.ok((await whole(fixture, target)).equals(Buffer.alloc(target.sizeBytes)));
    await nothingLeft(fixture);
    assert.equal(source.asked.length, 1);
  });
}

test("a source that is lost and cannot go on is fetched again from the start, three times at most", async (t) => {
  const { fixture, source } = await opened(t);
  let broken = 2;
  source.answer = (request, response) =>
    sendContent(request, response, content, { etag: null, ...(broken-- > 0 ? { most: MIB } : {}) });
  const target = await driveOf(fixture, "none", randomBytes(2 * MIB));
  await fetched(fixture, fetchJob(target, source.url, sha256(content)));
  assert.ok((await whole(fixture, target)).equals(content));
  broken = 100;
  source.asked.length = 0;
  const failing = fetched(fixture, fetchJob(target, `${source.url}?token=SECRET`));
  await assert.rejects(failing, (error: Error) => isOf("usage")(error) && !error.message.includes("SECRET"));
  assert.equal(source.asked.length, 3);
  assert.ok((await whole(fixture, target)).equals(Buffer.alloc(2 * MIB)));
  assert.deepEqual(fixture.troubles, [], "what others' servers do is no trouble of the host's");
});

test("a storage daemon that is killed in the middle has it fetched again, and the drive is whole then", async (t) => {
  const { fixture, source } = await opened(t);
  let goOn = () => {};
  source.answer = (_, response) => {
    response.writeHead(200, { "content-length": content.length }).write(content.subarray(0, MIB));
    goOn = () => void response.end(content.subarray(MIB));
  };
  const target = await driveOf(fixture, "aes-xts-plain", randomBytes(2 * MIB));
  const job = fetchJob(target, source.url);
  await fixture.host.startFetch(job, 1);
  await through(fixture, job, 0.2);
  source.answer = (request, response) => sendContent(request, response, content);
  await fixture.killDaemon();
  goOn();
  const state = await ended(fixture, job);
  assert.equal(state?.state, "done");
  assert.ok((await whole(fixture, target)).equals(content));
});

test("a job that is forgotten in the middle ends at once, and its drive reads as zeroes", async (t) => {
  const { fixture, source } = await opened(t);
  source.answer = (_, response) => {
    response.writeHead(200, { "content-length": content.length }).write(content.subarray(0, MIB));
  };
  const target = await driveOf(fixture, "none", randomBytes(2 * MIB));
  const job = fetchJob(target, source.url);
  await fixture.host.startFetch(job, 1);
  await through(fixture, job, 0.2);
  const state = await fixture.host.job(job.id);
  assert.ok(
    state?.state === "running" && state.part > 0.2 && state.part <= 0.5,
    "its progress is the content's",
  );
  await assert.rejects(fixture.host.write(target, 0, (async function* () {})(), 0), isOf("busy"));
  await fixture.host.forgetJob({ id: job.id, target: target.uuid }, 2);
  assert.ok((await whole(fixture, target)).equals(Buffer.alloc(2 * MIB)));
  await nothingLeft(fixture);
});
