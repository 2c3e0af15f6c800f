import assert from "node:assert/strict";
import { test } from "node:test";
import { openCloud } from "../../../testing/state-cloud.ts";
import { makeServer } from "../../../testing/state-objects.ts";
import { failed } from "../../base/errors.ts";
import { endAll } from "./end-servers.ts";

test("a server that cannot be ended, and a host that does not answer, keep no other from its end, and are named", async (t) => {
  const cloud = await openCloud(t);
  const [first, bad, last] = [await makeServer(cloud), await makeServer(cloud), await makeServer(cloud)];
  cloud.before = async (effect, uuid) => {
    if (effect === "end" && uuid === bad) throw failed("no such luck");
  };
  const ended: string[] = [];
  const { dependencies, host } = cloud.daemon();
  const failures = await endAll(dependencies, (uuid) => ended.push(uuid));
  assert.deepEqual(ended, [first, last]);
  assert.deepEqual(
    failures.map(({ message }) => message),
    [`server ${bad} could not be ended: no such luck`],
  );
  assert.deepEqual([...cloud.machine.servers.keys()], [bad]);
  host.servers.list = async () => {
    throw new Error("no answer");
  };
  assert.deepEqual(
    (await endAll(dependencies, () => {})).map(({ message }) => message),
    ["the servers of host local are not known: no answer"],
  );
});
