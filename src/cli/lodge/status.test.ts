import assert from "node:assert/strict";
import { test } from "node:test";
import { type CloudStatus, renderStatus } from "./status.ts";

const SERVER = "0d72a69e-bb64-4972-be07-9105576bebf9";
const DRIVE = "abc8aaff-a001-4e2a-9fc9-c56dd23f1ea1";
const NOW_MS = Date.parse("2026-01-01T12:00:00Z");
const ago = (seconds: number) => NOW_MS - seconds * 1000;

const well: CloudStatus = {
  hosts: [{ name: "alpha", silentSinceMs: null, servers: 1, drives: 12 }],
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

test("a host that does not answer, what the store does not know and what is late are told with their times", () => {
  const status: CloudStatus = {
    hosts: [...well.hosts, { name: "be", silentSinceMs: ago(7300), servers: 0, drives: 3 }],
    unknown: [
      { kind: "server", uuid: SERVER, host: "alpha", sinceMs: ago(3 * 86_400) },
      { kind: "drive", uuid: DRIVE, host: "be", sinceMs: ago(59) },
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
    "  be     has not answered for 2 hours; last known: 0 servers, 3 drives",
    "",
    "Not in the store: kept as they are, until lodge adopt takes them in or lodge forget ends them",
    `  server ${SERVER} on alpha, for 3 days`,
    `  drive  ${DRIVE} on be, for 59 seconds`,
    "",
    "Late: tried again until they succeed",
    `  server ${SERVER} stop, wanted for 1 minute: 1 attempt, the next in 8 seconds`,
    "         QMP did not answer within 5 s",
    `  drive  ${DRIVE} destroy, wanted for 59 minutes: 40 attempts, the next now`,
    "         EIO",
  ]);
});

test("a clock that was set back shows no negative times", () => {
  const hosts = [{ name: "a", silentSinceMs: ago(-5), servers: 0, drives: 0 }];
  assert.match(renderStatus({ ...well, hosts }, NOW_MS)[1] ?? "", /not answered for 0 seconds/);
});
