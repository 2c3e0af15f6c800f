/** A daemon that is told to end (SIGTERM) while it serves. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Cloud, openCloud } from "../testing/cloud.ts";
import { closed } from "../testing/http/closed.ts";
import { longAnd } from "../testing/share.ts";
import { until } from "../testing/until.ts";

const CHUNK_BYTES = 4 * 2 ** 20;
const ends = { timeout: 240_000 };

async function open(t: TestContext): Promise<Cloud> {
  const cloud = await openCloud();
  t.after(() => cloud.close());
  return cloud;
}

/** A write of a whole chunk, of which a half has come and is being read. */
async function beginWrite(cloud: Cloud, drive: string, bytes: Buffer) {
  const { hostname, port, host } = new URL(cloud.url);
  const socket = connect(Number(port), hostname).setEncoding("latin1");
  await once(socket, "connect");
  let answers = "";
  socket.on("data", (text: string) => {
    answers += text;
  });
  const ended = closed(socket);
  const headers = [
    `POST /drives/${drive}/write/0 HTTP/1.1`,
    `Host: ${host}`,
    `Authorization: Basic ${btoa(cloud.auth)}`,
    "Content-Type: application/octet-stream",
    `Content-Length: ${bytes.length}`,
    "Expect: 100-continue",
  ];
  socket.write(`${headers.join("\r\n")}\r\n\r\n`);
  // It is said when the body is first read.
  await until("the write has begun", async () => (answers.startsWith("HTTP/1.1 100 ") ? true : null));
  socket.write(bytes.subarray(0, bytes.length / 2));
  return {
    finish: () => socket.write(bytes.subarray(bytes.length / 2)),
    async answer() {
      await ended;
      return answers.split("\r\n\r\n").slice(1).join("\r\n\r\n");
    },
  };
}

const makeDrive = async (cloud: Cloud) =>
  (await cloud.make("drives/create", { name: "d", size: CHUNK_BYTES })).get("drive") ?? "";

/** Waits until the daemon refuses, and answers its refusal. */
const refusal = (cloud: Cloud) =>
  until("it refuses", async () => {
    const answer = await cloud.ask("drives/list");
    return answer.status === 503 ? answer : null;
  });

test(
  "SIGTERM: a slow upload is acknowledged and kept, another request is to be tried again",
  longAnd(ends),
  async (t) => {
    const cloud = await open(t);
    const [drive, bytes] = [await makeDrive(cloud), randomBytes(CHUNK_BYTES)];
    const write = await beginWrite(cloud, drive, bytes);
    cloud.signal("SIGTERM");
    const { headers } = await refusal(cloud);
    assert.equal(headers.get("x-lodge-error"), "stopping");
    write.finish();
    assert.match(await write.answer(), /^HTTP\/1\.1 204 /);
    assert.equal(await cloud.ended(), 0);
    await cloud.start();
    const read = await cloud.ask(`drives/${drive}/read/0/${CHUNK_BYTES}`);
    assert.ok(read.bytes.equals(bytes));
  },
);

test("SIGTERM twice: the upload is not waited for, and the daemon ends as it should", ends, async (t) => {
  const cloud = await open(t);
  const drive = await makeDrive(cloud);
  const write = await beginWrite(cloud, drive, randomBytes(CHUNK_BYTES));
  cloud.signal("SIGTERM");
  await refusal(cloud);
  await until("the second one is heard", async () => {
    cloud.signal("SIGTERM");
    return cloud.logged.includes("told to stop once more") ? true : null;
  });
  assert.equal(await write.answer(), "");
  assert.equal(await cloud.ended(), 0);
  assert.match(cloud.logged, /still under way are cut off/);
  await cloud.start();
  assert.equal((await cloud.ask(`drives/${drive}/info`)).status, 200);
});

test("an upload by the tool goes on over a restart", longAnd(ends), async (t) => {
  const cloud = await open(t);
  const folder = await mkdtemp(join(tmpdir(), "lodge-upload-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "image");
  const bytes = randomBytes(12 * CHUNK_BYTES);
  await writeFile(file, bytes);
  const uploaded = cloud.tool("elastichosts-upload", [file]);
  const drive = await until("a chunk is written", async () => {
    const [, uuid] = /^drive (\S+)$/m.exec((await cloud.ask("drives/info")).text) ?? [];
    if (uuid === undefined) return null;
    const { bytes: start } = await cloud.ask(`drives/${uuid}/read/0/512`);
    return start.some((byte) => byte !== 0) ? uuid : null;
  });
  cloud.signal("SIGTERM");
  assert.equal(await cloud.ended(), 0);
  await cloud.start();
  const { code, stderr } = await uploaded;
  assert.equal(code, 0, stderr);
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const read = await cloud.ask(`drives/${drive}/read/${at}/${CHUNK_BYTES}`);
    assert.ok(read.bytes.equals(bytes.subarray(at, at + CHUNK_BYTES)), `${at}`);
  }
});
