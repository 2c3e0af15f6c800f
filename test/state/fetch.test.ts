/** What must hold of imagings from URLs whatever is interrupted and whoever comes at once, on a simulated host. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createUser } from "../../src/accounts/users.ts";
import { fetchDrive } from "../../src/drives/imaging/fetch.ts";
import { imageDrive, MOST_OF_USER } from "../../src/drives/imaging/image.ts";
import { nextTargets } from "../../src/drives/imaging/turns.ts";
import type { Effect } from "../../testing/simulated/machine.ts";
import { openSourceServer, sendContent } from "../../testing/source-server.ts";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { hang } from "../../testing/state-faults.ts";
import { makeDrive } from "../../testing/state-objects.ts";

const SIZE = 4096;
const CONTENT = Buffer.alloc(1000, 3);

async function opened(t: TestContext) {
  const cloud = await openCloud(t);
  const source = await openSourceServer(t);
  source.answer = (request, response) => sendContent(request, response, CONTENT);
  const drive = await makeDrive(cloud, { size: SIZE });
  cloud.machine.drives.get(drive)?.bytes.fill(9);
  return { cloud, source, drive };
}

const fetchInto = (
  cloud: Cloud,
  target: string,
  url: string,
  sha256: string | null = null,
  user = cloud.user,
) => fetchDrive(cloud.daemon().dependencies, { target, user, url, sha256 });

const rows = (cloud: Cloud) =>
  cloud.daemon().store.transaction((tx) => tx.selectFrom("imagings").selectAll().orderBy("serial").execute());

/** Waits until nothing is queued or under way. */
async function quiet(cloud: Cloud): Promise<void> {
  while ((await rows(cloud)).some(({ state }) => state !== "failed"))
    await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Leaves the daemon where it stands, and lets another do what is to be done. */
async function restarted(cloud: Cloud): Promise<void> {
  await cloud.daemon().kill();
  cloud.before = async () => {};
  await cloud.start();
  await quiet(cloud);
}

const held = (cloud: Cloud, drive: string) => cloud.machine.drives.get(drive)?.bytes;
const WHOLE = Buffer.concat([CONTENT, Buffer.alloc(SIZE - CONTENT.length)]);

for (const effect of ["copy start", "copy"] as const satisfies readonly Effect[]) {
  test(`a daemon that dies at its ${effect} leaves no drive that claims to be done, and the next one fetches it whole`, async (t) => {
    const { cloud, source, drive } = await opened(t);
    const begun = hang(cloud, effect);
    await fetchInto(cloud, drive, source.url);
    await begun;
    assert.deepEqual(
      (await rows(cloud)).map(({ state }) => state),
      ["running"],
    );
    await restarted(cloud);
    assert.deepEqual(await rows(cloud), []);
    assert.deepEqual(held(cloud, drive), WHOLE);
    await assertAgreement(cloud);
  });
}

test("a daemon that dies while the content comes has it fetched again from its beginning", async (t) => {
  const { cloud, source, drive } = await opened(t);
  const half = Promise.withResolvers<void>();
  source.answer = (_, response) => {
    response.writeHead(200, { "content-length": CONTENT.length });
    response.write(CONTENT.subarray(0, 500), () => half.resolve());
  };
  await fetchInto(cloud, drive, `${source.url}?token=1`);
  await half.promise;
  source.answer = (request, response) => sendContent(request, response, CONTENT);
  await restarted(cloud);
  assert.deepEqual(held(cloud, drive), WHOLE);
  assert.deepEqual(
    source.asked.map(({ url, headers }) => [url, headers.range]),
    [
      ["/?token=1", undefined],
      ["/?token=1", undefined],
    ],
  );
});

test("of two that ask at once for one drive, one is refused", async (t) => {
  const { cloud, source, drive } = await opened(t);
  void hang(cloud, "copy");
  const other = await makeDrive(cloud, { size: SIZE });
  const { dependencies } = cloud.daemon();
  const outcomes = await Promise.allSettled([
    fetchInto(cloud, drive, source.url),
    fetchInto(cloud, drive, source.url),
    imageDrive(dependencies, { target: drive, source: other, user: cloud.user, conversion: null }),
  ]);
  const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.code] : []));
  assert.deepEqual(refused, ["drive_imaged", "drive_imaged"]);
});

test("what fails leaves its reason, and the URL is kept no longer", async (t) => {
  const { cloud, source, drive } = await opened(t);
  await fetchInto(cloud, drive, `${source.url}?token=S3CRET`, "0".repeat(64));
  const [waiting] = await rows(cloud);
  assert.ok(waiting?.wrapped_url != null && !waiting.wrapped_url.includes("S3CRET"));
  await quiet(cloud);
  const [row] = await rows(cloud);
  assert.match(row?.error ?? "", /^the content has the SHA-256/);
  assert.equal(row?.wrapped_url, null);
  assert.deepEqual(held(cloud, drive), Buffer.alloc(SIZE));
});

test("what waits when the operator allows it no more ends with that reason", async (t) => {
  const { cloud, source, drive } = await opened(t);
  const begun = hang(cloud, "copy start");
  await fetchInto(cloud, drive, source.url);
  await begun;
  await cloud.daemon().kill();
  cloud.before = async () => {};
  cloud.fetches = false;
  await cloud.start();
  await cloud.settled();
  const [row] = await rows(cloud);
  assert.deepEqual([row?.state, source.asked.length], ["failed", 0]);
  assert.match(row?.error ?? "", /its operator has not allowed it$/);
});

test("imagings from URLs take their turns among accounts with those from drives, and count as those do", async (t) => {
  const { cloud, source } = await opened(t);
  const { uuid: bob } = await createUser(cloud.daemon().store, "bob");
  const bobs = await makeDrive({ ...cloud, user: bob }, { size: SIZE });
  const from = await makeDrive({ ...cloud, user: bob }, { size: SIZE });
  void hang(cloud, "copy");
  for (let index = 0; index < MOST_OF_USER; index++)
    await fetchInto(cloud, await makeDrive(cloud, { size: SIZE }), source.url);
  const more = await makeDrive(cloud, { size: SIZE });
  await assert.rejects(fetchInto(cloud, more, source.url), { code: "too_many_imagings" });
  const asked = { target: bobs, source: from, user: bob, conversion: null };
  await imageDrive(cloud.daemon().dependencies, asked);
  const next = await cloud.daemon().store.transaction((tx) => nextTargets(tx, "local", 3));
  assert.ok(
    next.includes(bobs) ||
      (await rows(cloud)).some(({ target, state }) => target === bobs && state === "running"),
  );
});
