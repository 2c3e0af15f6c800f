import assert from "node:assert/strict";
import { test } from "node:test";
import type { CloudStatus } from "../../operator/status.ts";
import { isWell, renderStatus } from "./status-lines.ts";

const SERVER = "0d72a69e-bb64-4972-be07-9105576bebf9";
const DRIVE = "abc8aaff-a001-4e2a-9fc9-c56dd23f1ea1";
const NOW_MS = Date.parse("2026-01-01T12:00:00Z");
const ago = (seconds: number) => NOW_MS - seconds * 1000;

const NO_TROUBLES = { unresponsive: [], lost: [] };

const well: CloudStatus = {
  hosts: [{ name: "alpha", answers: true, servers: 1, drives: 12, ...NO_TROUBLES }],
  unknown: [],
  late: [],
};

test("a cloud in which all is well has its hosts listed, and is said to be well", () => {
  assert.deepEqual(renderStatus(well, NOW_MS), [
    "Hosts",
    "  alpha  answers: 1 server, 12 drives",
    "",
    "Nothing is late, and nothing is there unknown.",
  ]);
});

test("a host that does not answer, what the store does not know and what is late are told, with the times that are known", () => {
  const status: CloudStatus = {
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
    "Hosts",
    "  alpha  answers: 1 server, 12 drives",
    "  be     does not answer; last known: 0 servers, 3 drives",
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
  const hosts = [{ name: "a", answers: true, servers: 1, drives: 1, unresponsive: [SERVER], lost: [DRIVE] }];
  assert.deepEqual(renderStatus({ ...well, hosts }, NOW_MS).slice(2), [
    "",
    "Not as they should be",
    `  server ${SERVER} on a runs and does not answer: it can be stopped`,
    `  drive  ${DRIVE} is in the store, and its file is not on a`,
  ]);
});

test("a host that does not answer is trouble enough: nothing is said to be well", () => {
  const hosts = [{ name: "be", answers: false, servers: 0, drives: 3, ...NO_TROUBLES }];
  assert.deepEqual(renderStatus({ ...well, hosts }, NOW_MS), [
    "Hosts",
    "  be  does not answer; last known: 0 servers, 3 drives",
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
