/** The power fails at every moment of `lodge rekey`. */
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openKeyring } from "../src/base/keyring.ts";
import { isWrappedBy } from "../src/drives/wrapped-secrets.ts";
import { type Home, openHome } from "../src/home.ts";
import { rekey, settledMasterKey } from "../src/rekey.ts";
import { openStore } from "../src/store/open.ts";
import type { Store } from "../src/store/store.ts";
import { Disk, type Loss } from "../testing/power/disk.ts";
import { ENV, eventsIn, strace } from "../testing/power/recording.ts";
import type { Event } from "../testing/power/trace.ts";
import { BIN, runToEnd } from "../testing/run.ts";
import { makeSecrets, secretsBy } from "../testing/secrets.ts";
import { seeded } from "../testing/seeded.ts";
import { shareOf } from "../testing/share.ts";

const SEED = Number(process.env.LODGE_TEST_SEED ?? 5);
/** How often, of one, a moment is judged with a part of what was not synced; at syncs nothing of it is always judged. */
const TORN = 0.02;
const ELSEWHERE = Buffer.alloc(32, 9);
const COMMAND = `echo ${ELSEWHERE.toString("hex")}`;

/** Opens what is there as who starts a daemon does. */
async function opened<T>(dir: string, work: (home: Home, store: Store) => Promise<T>): Promise<T> {
  const home = openHome(dir, {});
  const store = await openStore(home);
  try {
    return await work(home, store);
  } finally {
    await store.close();
  }
}

type Change = { readonly words: readonly string[]; readonly wasKilled: boolean };

/**
 * A home with secrets, and what a recorded change of its key did to it: after the daemon was stopped, or was killed, so that
 * the store's log is there already.
 */
async function recorded(t: TestContext, { words, wasKilled }: Change) {
  const folder = mkdtempSync(join(tmpdir(), "lodge-rekey-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [top, trace] = [join(folder, "disk"), join(folder, "trace")];
  const [dir, before] = [join(top, "home"), join(folder, "before")];
  const secrets = await opened(before, async (home, store) => {
    const made = await makeSecrets(home, store);
    if (wasKilled) cpSync(before, dir, { recursive: true });
    return made;
  });
  if (!wasKilled) cpSync(before, dir, { recursive: true });
  const disk = new Disk(top);
  disk.fill(top);
  const { code, stderr } = await runToEnd(
    [...strace(trace), join(BIN, "lodge"), "rekey", "--home", dir, ...words],
    "",
    { ...ENV, NODE_COMPILE_CACHE: join(folder, "cache") },
  );
  assert.equal(code, 0, stderr);
  return { left: join(folder, "left"), disk, events: await eventsIn(trace, top), secrets };
}

/** What is judged at an event of how much of what was not synced is there. */
function* losses(event: Event, isLast: boolean, chance: () => number): Generator<Loss> {
  // What is durable changes by syncs alone.
  if (event.does === "sync" || isLast) yield "nothing";
  if (chance() < TORN) yield chance;
}

for (const [how, change, elsewhere] of shareOf(
  [
    ["in the home", { words: [], wasKilled: false }, null],
    ["in the home, after a kill", { words: [], wasKilled: true }, null],
    ["kept elsewhere, after a kill", { words: ["--new-command", COMMAND], wasKilled: true }, ELSEWHERE],
  ] as const,
  3,
)) {
  test(`whenever the power fails while the master key is changed, one that is written down opens all: ${how}`, async (t) => {
    const { left, disk, events, secrets } = await recorded(t, change);
    const dir = join(left, "home");

    /** Finds the key, and has the change done again. */
    const judge = (isDone: boolean) =>
      opened(dir, async (home, store) => {
        const isElsewhere = elsewhere !== null && (await isWrappedBy(store, openKeyring(elsewhere))) === true;
        if (isDone) assert.equal(isElsewhere, elsewhere !== null, "it was done");
        const key = isElsewhere ? elsewhere : await settledMasterKey(home, store);
        assert.deepEqual(await secretsBy(key, store), secrets);
        await rekey(home, store, elsewhere);
        assert.deepEqual(await secretsBy(elsewhere ?? home.masterKey, store), secrets);
        assert.equal(existsSync(home.file("master.key")), elsewhere === null);
        assert.ok(!existsSync(join(dir, "master.key.next")));
      });

    const chance = seeded(SEED);
    let judged = 0;
    for (const event of events) {
      disk.apply(event);
      const isLast = event === events.at(-1);
      for (const loss of losses(event, isLast, chance)) {
        mkdirSync(left);
        disk.writeTo(left, loss);
        judged++;
        await judge(isLast).catch((cause: unknown) => {
          const { seq, does } = event;
          throw new Error(`${loss === "nothing" ? loss : "some"} of what was not synced, ${does} ${seq}`, {
            cause,
          });
        });
        rmSync(left, { recursive: true });
      }
    }
    assert.ok(judged > 20, "moments were judged");
  });
}
