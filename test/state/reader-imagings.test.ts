/** Imagings by readers, which end when the source's owner changes it, and go on where that is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createUser } from "../../src/accounts/users.ts";
import { imageDrive } from "../../src/drives/imaging/image.ts";
import { destroyDrive } from "../../src/drives/lifecycle/destroy.ts";
import { setDrive } from "../../src/drives/lifecycle/set.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { hang } from "../../testing/state-faults.ts";
import { makeDrive, makeServer, writeDrive } from "../../testing/state-objects.ts";

const SIZE = 4096;

const rows = (cloud: Cloud) =>
  cloud.daemon().store.transaction((tx) => tx.selectFrom("imagings").selectAll().execute());

/** A drive of which a reader's imaging has begun and goes on; answers it and its target. */
async function imagedByReader(cloud: Cloud): Promise<{ readonly source: string; readonly target: string }> {
  const { uuid: bob } = await createUser(cloud.daemon().store, "bob");
  const source = await makeDrive(cloud, { size: SIZE, readers: bob });
  const target = await makeDrive({ ...cloud, user: bob }, { size: SIZE });
  const begun = hang(cloud, "copy");
  await imageDrive(cloud.daemon().dependencies, { target, source, user: bob, conversion: null });
  await begun;
  return { source, target };
}

const claim = async (cloud: Cloud, drive: string) => {
  const server = await makeServer(cloud, {}, false);
  await cloud
    .daemon()
    .store.transaction((tx) => tx.insertInto("claims").values({ drive, server, exclusive: 1 }).execute());
};

const refusals: readonly [
  what: string,
  refused: { readonly type: string },
  act: (cloud: Cloud, source: string) => Promise<unknown>,
][] = [
  [
    "write past the end",
    { type: "full" },
    (cloud, source) => writeDrive(cloud, source, SIZE - 1, Buffer.alloc(2, 7)),
  ],
  [
    "growth for which there is no space",
    { type: "full" },
    (cloud, source) => setDrive(cloud.daemon().dependencies, source, new Map([["size", 2 ** 40]])),
  ],
  [
    "growth of a drive in use",
    { type: "busy" },
    async (cloud, source) => {
      await claim(cloud, source);
      await setDrive(cloud.daemon().dependencies, source, new Map([["size", 8192]]));
    },
  ],
  [
    "destruction of a drive in use",
    { type: "busy" },
    async (cloud, source) => {
      await claim(cloud, source);
      await destroyDrive(cloud.daemon().dependencies, source);
    },
  ],
];

for (const [what, refused, act] of refusals) {
  test(`a ${what} is refused, and ends no reader's imaging`, async (t) => {
    const cloud = await openCloud(t);
    const { source } = await imagedByReader(cloud);
    await assert.rejects(act(cloud, source), refused);
    assert.deepEqual(
      (await rows(cloud)).map(({ state }) => state),
      ["running"],
    );
  });
}

test("a write ends a reader's imaging from its drive", async (t) => {
  const cloud = await openCloud(t);
  const { source, target } = await imagedByReader(cloud);
  await writeDrive(cloud, source, 0, Buffer.alloc(SIZE, 7));
  assert.deepEqual(
    (await rows(cloud)).map((row) => [row.target, row.state]),
    [[target, "failed"]],
  );
  assert.deepEqual(cloud.machine.drives.get(source)?.bytes, Buffer.alloc(SIZE, 7));
});

test("a drive whose reader's target has a damaged row is destroyed all the same", async (t) => {
  const cloud = await openCloud(t);
  const { source, target } = await imagedByReader(cloud);
  const { dependencies, store } = cloud.daemon();
  await store.transaction((tx) =>
    tx.updateTable("drives").set({ properties: "{" }).where("uuid", "=", target).execute(),
  );
  await destroyDrive(dependencies, source);
  assert.equal(cloud.machine.drives.has(source), false);
});
