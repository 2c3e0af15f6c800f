/** What a daemon finds that comes after one that was killed, where no guest has to be there for it. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { openCloud } from "../../testing/cloud.ts";

it("a daemon that is killed when no drive was encrypted yet is followed by one that reads and writes on", async () => {
  const cloud = await openCloud();
  try {
    const plain = { name: "plain", size: "1M", "encryption:cipher": "none" };
    const drive = (await cloud.make("drives/create", plain)).get("drive");
    const write = () => cloud.ask(`drives/${drive}/write`, { body: "written" });
    assert.equal((await write()).status, 204);
    await cloud.kill();
    await cloud.start();
    assert.equal((await cloud.ask(`drives/${drive}/read/0/7`)).text, "written");
    assert.equal((await write()).status, 204);
  } finally {
    await cloud.close();
  }
});
