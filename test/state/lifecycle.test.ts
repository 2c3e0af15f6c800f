/** What must hold whatever is interrupted and whoever comes at once, on a simulated host. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { destroyDrive } from "../../src/drives/lifecycle/destroy.ts";
import { setDrive } from "../../src/drives/lifecycle/set.ts";
import { bounded } from "../../testing/property.ts";
import type { Effect } from "../../testing/simulated/machine.ts";
import { endRun } from "../../testing/simulated/servers.ts";
import { ALL_MEMORY, assertAgreement } from "../../testing/state-agreement.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { configOf, input, lifecycle, makeDrive, makeServer } from "../../testing/state-objects.ts";
import { stateRuns } from "../../testing/stores.ts";
import { withTransactions } from "../../testing/transactions.ts";

test("an exclusive drive has one claimant when two servers start at once", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const results = await Promise.allSettled([1, 2, 3].map(() => makeServer(cloud, { "ide:0:0": drive })));
  assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected", "rejected"]);
  for (const result of results) if (result.status === "rejected") assert.equal(result.reason.type, "busy");
  await assertAgreement(cloud);
});

test("a shared drive may be claimed by several servers", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud, { "claim:type": "shared" });
  await Promise.all([1, 2, 3].map(() => makeServer(cloud, { "ide:0:0": drive })));
  assert.equal(cloud.machine.servers.size, 3);
  await assertAgreement(cloud);
});

test("every server gets an address of its own, and the one too many gets none and leaves nothing", async (t) => {
  const cloud = await openCloud(t);
  const results = await Promise.allSettled(
    Array.from({ length: 9 }, () => makeServer(cloud, { "nic:0:dhcp": "auto" })),
  );
  const addresses = [...cloud.machine.servers.values()].map(({ spec }) => spec.nics[0]?.lease?.address);
  assert.equal(new Set(addresses).size, 8);
  assert.equal(results.filter(({ status }) => status === "rejected").length, 1);
  await assertAgreement(cloud);
});

test("the last room on the disk is allocated once", async (t) => {
  const cloud = await openCloud(t);
  const results = await Promise.allSettled([1, 2].map(() => makeDrive(cloud, { size: "600M" })));
  assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  await assertAgreement(cloud);
});

test("of two servers that start at once with room for one, one starts and the other is told why", async (t) => {
  const cloud = await openCloud(t);
  const mem = ALL_MEMORY / 2 + 1;
  const servers = [];
  for (const name of ["a", "b", "c"]) servers.push(await makeServer(cloud, { name, mem }, false));
  const results = await Promise.allSettled(servers.map((server) => lifecycle(cloud).start(server)));
  assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected", "rejected"]);
  for (const result of results) {
    if (result.status === "rejected") {
      assert.equal(result.reason.type, "full");
      assert.equal(
        result.reason.message,
        `mem takes at most ${ALL_MEMORY - mem} MB now: no host has more to give`,
      );
    }
  }
  await assertAgreement(cloud);
});

test("memory is allocated from the start to the end, whatever ends it, and again after a crash", async (t) => {
  const cloud = await openCloud(t);
  const start = (server: string) => lifecycle(cloud).start(server);
  const [one, other] = [
    await makeServer(cloud, { mem: ALL_MEMORY, persistent: true }, false),
    await makeServer(cloud, { mem: 32 }, false),
  ];
  cloud.before = async (effect) => {
    if (effect === "launch") throw new Error("no such luck");
  };
  await assert.rejects(start(one), /no such luck/);
  cloud.before = async () => {};
  await start(one);
  await assert.rejects(start(other), { type: "full" });
  await cloud.restart();
  await assert.rejects(start(other), { type: "full" });
  await lifecycle(cloud).stop(one);
  await start(one);
  endRun(cloud.machine, one);
  await lifecycle(cloud).stop(one);
  await start(other);
  await assert.rejects(start(one), { type: "full" });
  await lifecycle(cloud).destroy(other);
  await start(one);
  await assertAgreement(cloud);
});

test("CPU is allocated four times over and no more, live changes of it included", async (t) => {
  const cloud = await openCloud(t);
  const servers = [];
  for (const name of ["a", "b", "c", "d"]) servers.push(await makeServer(cloud, { name, cpu: 9900 }));
  const [first = ""] = servers;
  await lifecycle(cloud).set(first, input({ cpu: 9999 }));
  const last = await makeServer(cloud, { cpu: 301 });
  await assert.rejects(makeServer(cloud, { cpu: 1 }), {
    type: "full",
    message: /^cpu takes at most 0 core MHz now/,
  });
  await assert.rejects(lifecycle(cloud).set(first, input({ cpu: 10_000, name: "faster" })), {
    type: "full",
    message: /^cpu/,
  });
  await assert.rejects(lifecycle(cloud).set(first, input({ cpu: 10_001 })), {
    type: "usage",
    message: /^cpu takes at most/,
  });
  assert.deepEqual(await configOf(cloud, first), { name: "a", cpu: 9999, mem: 64 });
  await lifecycle(cloud).set(last, input({ cpu: 1 }));
  await lifecycle(cloud).set(first, input({ cpu: 10_000 }));
  await assertAgreement(cloud);
});

test("a live change of which a part fails is taken back whole", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeServer(cloud, { vnc: "auto", "vnc:password": "old" });
  const effects: Effect[] = [];
  cloud.before = async (effect) => {
    effects.push(effect);
    if (effects.length === 1) throw new Error("no such luck");
  };
  const before = { name: "s", cpu: 500, mem: 64, vnc: "auto", "vnc:password": "old" };
  const change = lifecycle(cloud).set(server, input({ name: "n", cpu: 600, password: "new" }));
  await assert.rejects(change, /no such luck/);
  assert.deepEqual(effects, ["apply", "apply"]);
  assert.deepEqual(await configOf(cloud, server), before);
  const spec = cloud.machine.servers.get(server)?.spec;
  assert.deepEqual([spec?.cpuMhz, spec?.vnc?.password], [500, "old"]);
  await assertAgreement(cloud);
});

test("a creation whose start fails leaves no server", async (t) => {
  const cloud = await openCloud(t);
  cloud.before = async (effect) => {
    if (effect === "launch") throw new Error("no such luck");
  };
  await assert.rejects(makeServer(cloud, { persistent: true }), /no such luck/);
  await assert.rejects(makeServer(cloud, { mem: ALL_MEMORY + 1 }), { type: "usage" });
  const rows = await cloud.daemon().store.transaction((tx) => tx.selectFrom("servers").selectAll().execute());
  assert.deepEqual(rows, []);
});

test("a start that fails gives back all it claimed and leaves the server as it was", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const server = await makeServer(cloud, { "ide:0:0": drive, "nic:0:dhcp": "auto" }, false);
  cloud.before = async (effect) => {
    if (effect === "launch") throw new Error("no such luck");
  };
  await assert.rejects(lifecycle(cloud).start(server), /no such luck/);
  await assert.rejects(makeServer(cloud, { "ide:0:0": drive }), /no such luck/);
  cloud.before = async () => {};
  await assertAgreement(cloud);
  await lifecycle(cloud).start(server);
  await assertAgreement(cloud);
});

test("a guest that powers itself off gives back its drive and address at once; a persistent one stays", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const server = await makeServer(cloud, { "ide:0:0": drive, "nic:0:dhcp": "auto", persistent: true });
  endRun(cloud.machine, server);
  // Stopping what has stopped is done already, and takes its turn behind what follows from the guest's end.
  await lifecycle(cloud).stop(server);
  await assertAgreement(cloud);
  const other = await makeServer(cloud, { "ide:0:0": drive });
  await assert.rejects(lifecycle(cloud).start(server), { type: "busy" });
  endRun(cloud.machine, other);
  await lifecycle(cloud).stop(other);
  await lifecycle(cloud).start(server);
  await assertAgreement(cloud);
});

/** Lets the daemon be killed as the next effect of that kind begins, and waits for that. */
async function killAt(cloud: Cloud, effect: Effect, work: () => Promise<unknown>): Promise<void> {
  const reached = Promise.withResolvers<void>();
  cloud.before = async (now) => {
    if (now !== effect) return;
    reached.resolve();
    await new Promise(() => {});
  };
  void work();
  await reached.promise;
  await cloud.restart();
}

const interrupted: [effect: Effect, what: string, work: (cloud: Cloud) => Promise<() => Promise<unknown>>][] =
  [
    ["drive create", "a drive's creation", async (cloud) => () => makeDrive(cloud)],
    [
      "drive resize",
      "a drive's growth",
      async (cloud) => {
        const drive = await makeDrive(cloud);
        return () => setDrive(cloud.daemon().dependencies, drive, new Map([["size", 8192]]));
      },
    ],
    [
      "drive destroy",
      "a drive's destruction",
      async (cloud) => {
        const drive = await makeDrive(cloud);
        return () => destroyDrive(cloud.daemon().dependencies, drive);
      },
    ],
    [
      "launch",
      "a server's creation",
      async (cloud) => {
        const drive = await makeDrive(cloud);
        return () => makeServer(cloud, { "ide:0:0": drive, "nic:0:dhcp": "auto", persistent: true });
      },
    ],
    [
      "end",
      "a server's destruction",
      async (cloud) => {
        const server = await makeServer(cloud, { "nic:0:dhcp": "auto" });
        return () => lifecycle(cloud).destroy(server);
      },
    ],
    [
      "end",
      "a persistent server's stop",
      async (cloud) => {
        const server = await makeServer(cloud, { persistent: "true" });
        return () => lifecycle(cloud).stop(server);
      },
    ],
  ];

for (const [effect, what, prepare] of interrupted) {
  test(`kill -9 in the middle of ${what} leaves nothing between phases`, async (t) => {
    const cloud = await openCloud(t);
    const work = await prepare(cloud);
    await killAt(cloud, effect, work);
    await assertAgreement(cloud);
  });
}

test("whatever users do, guests do and crashes interrupt, store and machine agree after the next start", async () => {
  const step = fc.record({
    act: fc.constantFrom(
      "drive",
      "shared",
      "create",
      "start",
      "stop",
      "destroy",
      "grow",
      "drop",
      "off",
      "restart",
    ),
    which: fc.nat(5),
    crash: fc.option(
      fc.constantFrom<Effect>("drive create", "drive resize", "drive destroy", "launch", "end"),
      { freq: 4 },
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const afterwards: (() => Promise<void>)[] = [];
      const cloud = await openCloud({ after: (work: () => Promise<void>) => afterwards.push(work) } as never);
      try {
        for (const { act, which, crash } of steps) await take(cloud, act, which, crash);
        await assertAgreement(cloud);
      } finally {
        for (const work of afterwards) await work();
      }
    }),
    bounded(stateRuns(40)),
  );
});

async function take(cloud: Cloud, act: string, which: number, crash: Effect | null): Promise<void> {
  const crashed = Promise.withResolvers<"crashed">();
  cloud.before = async (effect) => {
    if (effect !== crash) return;
    crashed.resolve("crashed");
    await new Promise(() => {});
  };
  const outcome = await Promise.race([
    perform(cloud, act, which).then(() => "done", refused),
    crashed.promise,
  ]);
  if (outcome === "crashed") await cloud.restart();
}

/** Refusals are answers; all else is a defect. */
function refused(error: { type?: string }): string {
  if (["busy", "missing", "full", "usage"].includes(error.type ?? "")) return "refused";
  throw error;
}

async function perform(cloud: Cloud, act: string, which: number): Promise<unknown> {
  const { store, dependencies } = cloud.daemon();
  const pick = async (table: "drives" | "servers") => {
    const rows = await store.transaction((tx) =>
      tx.selectFrom(table).select("uuid").orderBy("serial").execute(),
    );
    return rows[which % Math.max(1, rows.length)]?.uuid ?? "00000000-0000-4000-8000-000000000000";
  };
  switch (act) {
    case "drive":
      return makeDrive(cloud);
    case "shared":
      return makeDrive(cloud, { "claim:type": "shared" });
    case "create":
      return makeServer(cloud, {
        "ide:0:0": await pick("drives"),
        "nic:0:dhcp": "auto",
        persistent: which % 2 === 0,
        mem: 64 + 700 * which,
      });
    case "start":
      return lifecycle(cloud).start(await pick("servers"));
    case "stop":
      return lifecycle(cloud).stop(await pick("servers"));
    case "destroy":
      return lifecycle(cloud).destroy(await pick("servers"));
    case "grow":
      return setDrive(dependencies, await pick("drives"), new Map([["size", 4096 * (1 + which)]]));
    case "drop":
      return destroyDrive(dependencies, await pick("drives"));
    case "off": {
      const server = await pick("servers");
      endRun(cloud.machine, server);
      return lifecycle(cloud).stop(server);
    }
    default:
      return cloud.restart();
  }
}

test("a server that is made stopped is recorded durably at once; one that is started, with its outcome", async (t) => {
  const cloud = await openCloud(t);
  const daemon = cloud.daemon();
  const durable: boolean[] = [];
  const store = withTransactions(daemon.store, (work, options = {}) => {
    durable.push(options.durable ?? true);
    return daemon.store.transaction(work, options);
  });
  const noted = { ...cloud, daemon: () => ({ ...daemon, dependencies: { ...daemon.dependencies, store } }) };
  await makeServer(noted, {}, false);
  assert.deepEqual(durable, [true]);
  await makeServer(noted);
  assert.deepEqual(durable, [true, false]);
});
