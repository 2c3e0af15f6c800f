import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceCounters, nicCounters, noCounters } from "./counters.ts";

const stats = (qdev: string, rd_bytes: number) => ({
  qdev,
  stats: { rd_bytes, rd_operations: 1, wr_bytes: 2, wr_operations: 3 },
});

test("devices are found by their id or by their path, and named by their key", () => {
  const found = deviceCounters(
    [stats("ide-0-0", 10), stats("/machine/peripheral/block-1/virtio-backend", 20)],
    [
      { key: "block:1", id: "block-1" },
      { key: "scsi:0:0", id: "scsi-0-0" },
      { key: "ide:0:0", id: "ide-0-0" },
    ],
  );
  assert.deepEqual(
    Object.entries(found).map(([key, { readBytes }]) => [key, readBytes]),
    [
      ["block:1", 20],
      ["scsi:0:0", 0],
      ["ide:0:0", 10],
    ],
  );
  assert.deepEqual(found["ide:0:0"], { readBytes: 10, readRequests: 1, writeBytes: 2, writeRequests: 3 });
});

const NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  tap1:    5000      50    0    0    0     0          0         0     7000      70    0    0    0     0       0          0
 tap10:12345678        9    0    0    0     0          0         0        1       1    0    0    0     0       0          0
`;

test("what a tap received is what the guest sent", () => {
  assert.deepEqual(nicCounters(NET_DEV, ["tap1"]), {
    ...{ rxBytes: 7000, rxPackets: 70, txBytes: 5000, txPackets: 50 },
  });
});

test("a server's NICs are summed, also where a long number leaves no space before it", () => {
  const { txBytes, rxPackets } = nicCounters(NET_DEV, ["tap1", "tap10"]);
  assert.equal(txBytes, 12350678);
  assert.equal(rxPackets, 71);
});

test("nothing known is counted as nothing, for each device", () => {
  assert.deepEqual(Object.keys(noCounters([{ key: "ide:0:0" }]).devices), ["ide:0:0"]);
  assert.equal(noCounters([]).rxBytes, 0);
});
