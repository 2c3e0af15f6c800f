import assert from "node:assert/strict";
import { test } from "node:test";
import { isWell } from "../../operator/needs.ts";
import type { DaemonStatus } from "../../operator/status.ts";
import { type RunningStatus, renderAlone, renderStatus } from "./status-lines.ts";

const SERVER = "0d72a69e-bb64-4972-be07-9105576bebf9";
const DRIVE = "abc8aaff-a001-4e2a-9fc9-c56dd23f1ea1";
const NOW_MS = Date.parse("2026-01-01T12:00:00Z");
const ago = (seconds: number) => NOW_MS - seconds * 1000;

const NO_TROUBLES = { unresponsive: [], lost: [], room: null };
const GIB = 2 ** 30;

const daemon: DaemonStatus = {
  ...{ version: "1.2.3", pid: 4711, sinceMs: ago(7200), api: "http://127.0.0.1:8480/" },
  ...{ admin: "http://127.0.0.1:9480", unready: null, outOfOrder: [], clockApartS: 0, troubles: [] },
  disks: { home: { sizeBytes: 40 * GIB, freeBytes: 12.25 * GIB, freeFiles: null }, drives: null },
  storageDaemons: { launches: 1, losses: 0 },
};

const well: RunningStatus = {
  hosts: [{ name: "alpha", answers: true, servers: 1, drives: 12, ...NO_TROUBLES }],
  ...{ unknown: [], late: [], slow: [], damaged: [], miscounted: [], daemon },
};

/** What every status begins with, up to the hosts. */
const HEAD = [
  "Lodge 1.2.3 runs for 2 hours (process 4711) at http://127.0.0.1:8480/, metrics at http://127.0.0.1:9480/metrics",
  "",
  "Hosts",
];
const DISKS = ["", "Disks", "  home    12.3 GiB free of 40.0 GiB", "  drives  cannot be looked at"];

/** What is said behind hosts and disks. */
const behind = (status: RunningStatus) => {
  const lines = renderStatus(status, NOW_MS);
  return lines.slice(lines.indexOf("Disks") + 3);
};

test("a cloud in which all is well has its daemon, hosts and disks told, and is said to be well", () => {
  const room = {
    memMib: { capacity: 7168, allocated: 1024 },
    mhz: { capacity: 40_000, allocated: 500 },
    diskBytes: { capacity: 100 * GIB, allocated: 1.5 * GIB },
  };
  const hosts = [{ name: "alpha", answers: true, servers: 1, drives: 12, ...NO_TROUBLES, room }];
  assert.deepEqual(renderStatus({ ...well, hosts }, NOW_MS), [
    ...HEAD,
    "  alpha   answers: 1 server, 12 drives",
    "          allocated: 1024 of 7168 MiB of memory, 500 of 40000 MHz, 1.5 GiB of 100.0 GiB of disk",
    ...DISKS,
    "",
    "All is well.",
  ]);
});

test("what of the daemon and its machine is not well is told, and makes that none is", () => {
  const cases: [Partial<DaemonStatus>, string][] = [
    [{ unready: "store_unavailable" }, "callers are not to be led here: the store does not answer"],
    [
      { clockApartS: -86_400 },
      "accounting time is 86400 s behind the machine's clock: that was set, or jumped, since the boot; use is counted right, and hours begin by accounting time until the next boot",
    ],
    [{ outOfOrder: ["the DHCP server"] }, "the DHCP server is out of order, and is tried again"],
    [
      { disks: { home: { sizeBytes: GIB, freeBytes: 1, freeFiles: 1e6 }, drives: null } },
      'the disk of the home is full: see "A full disk" in docs/operating.md',
    ],
    [
      { disks: { home: null, drives: { sizeBytes: GIB, freeBytes: GIB, freeFiles: 0 } } },
      "the disk of the home's drives holds no more files: see LodgeFilesShort in docs/runbook.md",
    ],
  ];
  for (const [broken, line] of cases) {
    const status = { ...well, daemon: { ...daemon, ...broken } };
    assert.deepEqual(behind(status).slice(-2), ["Not as they should be", `  ${line}`]);
    assert.equal(isWell(status), false);
  }
});

test("what went wrong lately and is over is told, and needs nobody", () => {
  const trouble = {
    level: "warn",
    message: "drives had trouble",
    firstMs: ago(900),
    lastMs: ago(120),
  } as const;
  const troubles = [
    { ...trouble, count: 3 },
    { ...trouble, message: "other", count: 1 },
  ];
  const status = { ...well, daemon: { ...daemon, troubles, storageDaemons: { launches: 3, losses: 2 } } };
  assert.deepEqual(behind(status), [
    "",
    "Went wrong in the last hour, and was tried again",
    "  2 minutes ago, 3 times: drives had trouble",
    "  2 minutes ago: other",
    "  the storage daemon was lost 2 times since the start",
    "",
    "All is well.",
  ]);
});

test("an operation that is under way for long is told with how long it is wanted", () => {
  const slow = [{ kind: "server", uuid: SERVER, wants: "stop", wantedSinceMs: ago(240) }] as const;
  assert.deepEqual(behind({ ...well, slow }), [
    "",
    "Under way for long: what they wait for has not answered yet",
    `  server ${SERVER} stop, wanted for 4 minutes`,
  ]);
  assert.equal(isWell({ ...well, slow }), false);
});

test("what is counted otherwise than it is is told, with both, and makes that none is well", () => {
  const of = { user: "ann", resource: "disk", object: DRIVE } as const;
  const miscounted = [
    { ...of, amount: 4096, counted: 512 },
    { ...of, amount: 4096, counted: null },
    { ...of, amount: null, counted: 512 },
  ];
  assert.deepEqual(behind({ ...well, miscounted }), [
    "",
    "Counted otherwise than they are: a defect of Lodge, which charges their accounts too much or too little",
    `  disk of ${DRIVE} (account ann) is 4096, and counted as 512`,
    `  disk of ${DRIVE} (account ann) is 4096, and counted as nothing`,
    `  disk of ${DRIVE} (account ann) is nothing, and counted as 512`,
  ]);
  assert.equal(isWell({ ...well, miscounted }), false);
});

test("a host that does not answer, what the store does not know and what is late are told, with the times that are known", () => {
  const status: RunningStatus = {
    ...well,
    hosts: [...well.hosts, { name: "be", answers: false, servers: 0, drives: 3, ...NO_TROUBLES }],
    unknown: [
      { kind: "server", uuid: SERVER, host: "alpha", runsSinceMs: ago(3 * 86_400), encrypted: false },
      { kind: "drive", uuid: DRIVE, host: "be", runsSinceMs: null, encrypted: true },
    ],
    late: [
      {
        ...{ kind: "server", uuid: SERVER, wants: "stop", wantedSinceMs: ago(60), attempts: 1 },
        ...{ nextTryMs: ago(-8), lastError: "QMP did not answer\n within 5 s\n" },
      },
      {
        ...{ kind: "drive", uuid: DRIVE, wants: "destroy", wantedSinceMs: ago(3599), attempts: 40 },
        ...{ nextTryMs: ago(1), lastError: "EIO" },
      },
    ],
  };
  assert.deepEqual(renderStatus(status, NOW_MS), [
    ...HEAD,
    "  alpha   answers: 1 server, 12 drives",
    "  be      does not answer; last known: 0 servers, 3 drives",
    ...DISKS,
    "",
    "Not in the store: kept as they are, until lodge adopt takes them in or lodge forget ends them",
    `  server ${SERVER} on alpha, runs for 3 days`,
    `  drive  ${DRIVE} on be, encrypted: it cannot be adopted`,
    "",
    "Late: tried again until they succeed",
    `  server ${SERVER} stop, wanted for 1 minute: 1 attempt, the next in 8 seconds`,
    "         QMP did not answer within 5 s",
    `  drive  ${DRIVE} destroy, wanted for 59 minutes: 40 attempts, the next now`,
    "         EIO",
  ]);
});

test("servers that do not answer and drives without files are told, by their hosts", () => {
  const troubles = { unresponsive: [SERVER], lost: [DRIVE], room: null };
  const hosts = [{ name: "a", answers: true, servers: 1, drives: 1, ...troubles }];
  assert.deepEqual(behind({ ...well, hosts }), [
    "",
    "Not as they should be",
    `  server ${SERVER} on a runs and does not answer: it can be stopped`,
    `  drive  ${DRIVE} is in the store, and its file is not on a`,
  ]);
});

test("a host that does not answer is trouble enough: nothing is said to be well", () => {
  const hosts = [{ name: "be", answers: false, servers: 0, drives: 3, ...NO_TROUBLES }];
  assert.deepEqual(renderStatus({ ...well, hosts }, NOW_MS), [
    ...HEAD,
    "  be      does not answer; last known: 0 servers, 3 drives",
    ...DISKS,
  ]);
  assert.deepEqual([isWell({ ...well, hosts }), isWell(well)], [false, true]);
});

test("a clock that was set back shows no negative times", () => {
  const unknown = [
    { kind: "server", uuid: SERVER, host: "alpha", runsSinceMs: ago(-5), encrypted: false },
  ] as const;
  assert.ok(
    renderStatus({ ...well, unknown }, NOW_MS).includes(`  server ${SERVER} on alpha, runs for 0 seconds`),
  );
});

test("of a cloud without a daemon is told how many of its servers run on", () => {
  const alone = { dir: "/home", gone: null, isHeld: false };
  const line = "Lodge is not running with the home /home";
  assert.deepEqual(renderAlone({ ...alone, servers: 0 }), [line]);
  for (const [servers, left] of [
    [1, "1 server of it still runs: the next start finds what runs"],
    [2, "2 servers of it still run: the next start finds what runs"],
  ] as const) {
    assert.deepEqual(renderAlone({ ...alone, servers }), [line, left]);
  }
});

test("where the runtime directory is gone, what cannot be seen is told with what can", () => {
  const alone = { dir: "/home", gone: "/run/lodge-1", servers: 0, isHeld: false };
  assert.deepEqual(
    renderAlone(alone),
    ["Lodge is not running with the home /home"],
    "nothing is left to see",
  );
  const [first, ...more] = renderAlone({ ...alone, servers: 2 });
  assert.equal(first, "Lodge is not running with the home /home");
  assert.match(more.join("\n"), /^2 servers of it still run, as processes show: their sockets are gone/);
  assert.match(more.join("\n"), /^It is not known whether they are this home's/m);
  const held = renderAlone({ ...alone, isHeld: true });
  assert.match(
    held[0] ?? "",
    /^A daemon works with the home \/home, and cannot be asked: \/run\/lodge-1 is gone/,
  );
  assert.doesNotMatch(held.join("\n"), /server/);
});

test("a record that is damaged is told with its columns and what that costs, and makes that not all is well", () => {
  const damaged = [
    { kind: "drive", name: DRIVE, columns: ["properties", "standard"], costs: "it can be destroyed" },
    { kind: "pool", name: "two\nlines", columns: ["network"], costs: "it gives no addresses" },
  ] as const;
  assert.deepEqual(behind({ ...well, damaged }), [
    "",
    "Damaged in the store: what is not refused goes on, and a backup has them whole",
    `  drive  ${DRIVE}: properties, standard`,
    "         it can be destroyed",
    "  pool   two lines: network",
    "         it gives no addresses",
  ]);
  assert.equal(isWell({ ...well, damaged }), false);
});
