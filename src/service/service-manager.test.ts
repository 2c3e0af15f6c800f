import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { openNotifySocket } from "../../testing/notify-socket.ts";
import { run } from "../host/process/process.ts";
import { serviceManager } from "./service-manager.ts";

async function openManager(t: TestContext, env: NodeJS.ProcessEnv = {}) {
  const socket = await openNotifySocket();
  const troubles: unknown[] = [];
  const given: NodeJS.ProcessEnv = { NOTIFY_SOCKET: socket.path, ...env };
  const service = serviceManager(given, (error) => troubles.push(error));
  assert.ok(service);
  t.after(async () => {
    await service.stopping();
    await socket.close();
  });
  return { service, told: socket.told, troubles, given, socket };
}

const often = { WATCHDOG_USEC: "60000", WATCHDOG_PID: String(process.pid) };

test("a service manager is told that the daemon is ready, with a status, and that it stops", async (t) => {
  const { service, told, troubles } = await openManager(t);
  await service.ready("Ready at http://127.0.0.1:1/, for all");
  assert.equal(await told(), "READY=1 STATUS=Ready at http://127.0.0.1:1/, for all");
  service.beat(async () => {});
  await service.stopping();
  assert.equal(await told(), "STOPPING=1", "and no beat where it waits for none");
  assert.deepEqual(troubles, []);
});

test("beats are told while what they tell of answers, be it by a refusal, and none once the stop has begun", async (t) => {
  const { service, told, troubles } = await openManager(t, often);
  let asked = 0;
  service.beat(async () => {
    asked++;
    if (asked > 1) throw new Error("the database is away");
  });
  for (let beat = 0; beat < 4; beat++) assert.equal(await told(), "WATCHDOG=1");
  assert.ok(asked >= 4);
  await service.stopping();
  for (let line = await told(); line !== "STOPPING=1"; line = await told()) assert.equal(line, "WATCHDOG=1");
  const before = asked;
  service.beat(async () => asked++);
  await service.ready("again");
  assert.equal(await told(), "READY=1 STATUS=again");
  assert.deepEqual([asked, troubles], [before, []]);
});

test("no beat is told of what does not answer, and the next one is once it does", async (t) => {
  const { service, told, troubles } = await openManager(t, often);
  const answered: string[] = [];
  service.beat(() => {
    if (troubles.length < 3) return new Promise(() => {});
    answered.push("now");
    return Promise.resolve();
  });
  assert.equal(await told(), "WATCHDOG=1");
  assert.ok(answered.length > 0, "the first beat came when the fourth was due");
  assert.match(String(troubles[2]), /the answer that a beat tells of took longer than 20 ms/);
});

test("beats that another process owes are not told", async (t) => {
  const { service, told } = await openManager(t, { ...often, WATCHDOG_PID: "1" });
  let asked = 0;
  service.beat(async () => asked++);
  for (let message = 0; message < 3; message++) {
    await service.ready("still");
    assert.equal(await told(), "READY=1 STATUS=still");
  }
  assert.equal(asked, 0);
});

test("nothing of the manager is handed on to what the daemon starts", async (t) => {
  const { given } = await openManager(t, { ...often, KEPT: "yes" });
  const lines = (await run(["env"], "", { env: given })).trimEnd().split("\n");
  // Node hands it on by itself, where coverage is measured.
  const handedOn = lines.filter((line) => !line.startsWith("NODE_V8_COVERAGE="));
  assert.deepEqual(handedOn, ["KEPT=yes"]);
});

test("where no manager started it, there is none", () => {
  assert.equal(
    serviceManager({ WATCHDOG_USEC: "1" }, () => {}),
    null,
  );
});

test("a manager that has gone is trouble that is told, and nothing else", async (t) => {
  const { service, troubles, socket } = await openManager(t);
  await socket.close();
  await service.ready("here");
  assert.match(String(troubles[0]), /^Error: systemd-notify READY=1 STATUS=here ended with 1: /);
});
