/**
 * What hostile users do to the memory of the daemon, in a control group that ends it where it takes more than it is said to:
 * another user's cheap requests are answered all the while.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { ATTACKS, makePrey, type Prey } from "../../testing/hostile.ts";
import { type MemoryGroup, openMemoryGroup } from "../../testing/memory-group.ts";
import { statusOf } from "../../testing/proc.ts";
import { shareOf } from "../../testing/share.ts";
import { until } from "../../testing/until.ts";
import { makeUser } from "../../testing/user.ts";

const MIB = 2 ** 20;
const MOST_BYTES = 512 * MIB;
/** How long each attack goes on. */
const ATTACK_MS = 2_000;

const group = process.getuid?.() === 0 ? await openMemoryGroup(MOST_BYTES) : "only root makes control groups";

describe(`a daemon with ${MOST_BYTES / MIB} MiB of memory`, {
  skip: typeof group === "string" ? group : false,
}, () => {
  let cloud: Cloud;
  let prey: Prey;
  let other = { auth: "", drive: "" };

  before(async () => {
    cloud = await openCloud();
    // The storage daemon is launched now, outside of the group: what it takes is another matter.
    prey = await makePrey(cloud);
    const { auth } = await makeUser(cloud, "other");
    const { text } = await cloud.ask("drives/create", { auth, body: "name mine\nsize 1M\n" });
    other = { auth, drive: /^drive (\S+)$/m.exec(text)?.[1] ?? "" };
    await (group as MemoryGroup).enter(cloud.pid);
  });
  after(async () => {
    await cloud?.close();
    if (typeof group !== "string") await group.remove();
  });

  for (const [what, begin] of shareOf(Object.entries(ATTACKS), 4)) {
    it(`bears ${what}, and answers another user meanwhile`, { timeout: 120_000 }, async () => {
      const end = begin(cloud, prey);
      try {
        const endMs = performance.now() + ATTACK_MS;
        while (performance.now() < endMs) {
          const { status, text } = await cloud.ask(`drives/${other.drive}/info`, { auth: other.auth });
          assert.equal(status, 200, text);
          await delay(20);
        }
      } finally {
        end();
      }
      const peakKib = Number.parseInt((await statusOf(cloud.pid)).get("VmHWM") ?? "", 10);
      if (process.env.LODGE_TEST_VERBOSE)
        process.stderr.write(`${what}: ${Math.round(peakKib / 1024)} MiB\n`);
      assert.ok(peakKib * 1024 < MOST_BYTES, `${peakKib} KiB at its peak`);
    });
  }

  it("reads and writes as ever afterwards", async () => {
    // Writes whose bodies had come whole are done first, though nobody waits for them.
    const bytes = await until("the share of the hostile user is free again", async () => {
      const answer = await cloud.ask(`drives/${prey.drive}/read/0/4M`);
      return answer.status === 200 ? answer.bytes : null;
    });
    assert.equal(bytes.length, 4 * MIB);
    const body = Buffer.alloc(4 * MIB, 1);
    assert.equal((await cloud.ask(`drives/${prey.drive}/write/0`, { body })).status, 204);
  });
});
