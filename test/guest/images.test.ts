/** A standard CD in real guests: servers of two users boot from it at once. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { guestPage } from "../../testing/guest/page.ts";
import { makeSampleCd } from "../../testing/guest/sample-cd.ts";
import { importInto } from "../../testing/images/import.ts";
import { long } from "../../testing/share.ts";
import { makeUser } from "../../testing/user.ts";

const KNOPPIX = "a1cd7ea0-6539-4cb6-b35f-03c9a6b61917";

const SERVER = `name live
cpu 2000
mem 256
ide:1:0 ${KNOPPIX}
ide:1:0:media cdrom
boot ide:1:0
nic:0:model virtio
nic:0:dhcp auto
`;

describe("a standard CD", long, () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
  });
  after(() => cloud?.close());

  it("boots a server of each of two users at the same time", async () => {
    const file = join(cloud.home, "sample.iso");
    await makeSampleCd(file);
    await importInto(cloud, file, { uuid: KNOPPIX });
    const users = [cloud.auth, (await makeUser(cloud, "bob")).auth];
    const servers = await Promise.all(
      users.map(async (auth) => {
        const { status, text } = await cloud.ask("servers/create", { auth, body: SERVER });
        assert.equal(status, 200, text);
        const info = (key: string) => new RegExp(`^${key} (.*)$`, "m").exec(text)?.[1] ?? "";
        return { auth, uuid: info("server"), address: info("nic:0:dhcp:ip") };
      }),
    );
    const pages = await Promise.all(servers.map(({ address }) => guestPage(cloud, address)));
    for (const page of pages) assert.match(page, /\S/);
    for (const { auth, uuid } of servers) {
      const { text } = await cloud.ask(`drives/${KNOPPIX}/info`, { auth });
      assert.match(text, new RegExp(`^claimed ${uuid}$`, "m"));
      const destroyed = await cloud.ask(`servers/${uuid}/destroy`, { method: "POST", auth });
      assert.equal(destroyed.status, 204, destroyed.text);
    }
  });
});
