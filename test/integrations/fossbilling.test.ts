/** The server manager for FOSSBilling, loaded by a stand-in for it, against a cloud that runs. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { openIntegration, runPhp } from "../../testing/integrations.ts";
import { long } from "../../testing/share.ts";
import { makeServer, phaseOf } from "../../testing/state-objects.ts";

const MODULE = "fossbilling/library/Server/Manager/Lodge.php";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const PLAN = { quota: "10240", custom: { "limit:cpu": "4000", "limit:servers": "5" } };

type Order = {
  readonly username?: string;
  readonly plan?: object;
  readonly newPlan?: object;
  readonly note?: string;
  readonly company?: string;
};

async function opened(t: TestContext) {
  const integration = await openIntegration(t);
  const { way, admin } = integration;
  const config = {
    ...{ host: "127.0.0.1", ip: "192.0.2.1", port: way.port, secure: false },
    ...{ username: admin.user, accesshash: admin.key },
  };
  const act = (action: string, order: Order = {}, more: object = {}) =>
    runPhp("fossbilling.php", MODULE, {
      action,
      config: { ...config, ...more },
      order: { plan: PLAN, ...order },
    });
  /** An order whose account was made. */
  const activated = async (): Promise<Order & { readonly username: string }> => {
    const { error, username } = await act("activate");
    assert.equal(error, null);
    return { username: String(username) };
  };
  const only = async () => (await integration.customers())[0] ?? {};
  return { ...integration, act, activated, only };
}

test("FOSSBilling is told what the manager takes and what of that is secret, and a connection is tested", async (t) => {
  const { act, api, ann, admin } = await opened(t);
  const { answered } = await act("form");
  const [form, secret] = answered as [{ label: string; form: object }, string[]];
  assert.deepEqual([form.label, secret], ["Lodge", ["accesshash"]]);
  assert.deepEqual((await act("test")).answered, true);
  for (const [more, error] of [
    [{ accesshash: "wrong" }, /^Lodge: 401 /],
    [{ username: "root" }, /uuid of an admin's account/],
    [{ host: "lodge.example.com" }, /without TLS/],
    [{ port: 1 }, /^Lodge is not reached/],
  ] as const)
    assert.match(String((await act("test", {}, more)).error), error);
  await api.ask(ann, `accounts/${admin.user}/set`, { role: "user" });
  assert.match(String((await act("test")).error), /no admin's/);
});

test("an order that is activated has an account, whose uuid is its username, with its plan's limits", async (t) => {
  const { act, customers } = await opened(t);
  const { error, username, logged } = await act("activate", { company: "Example Ltd" });
  assert.deepEqual([error, UUID.test(String(username))], [null, true]);
  const [account, ...more] = await customers();
  assert.deepEqual(more, []);
  const { user, name, email } = account ?? {};
  assert.deepEqual([user, name, email], [username, "Example Ltd (example.com)", "jane@example.com"]);
  const limits = ["cpu", "disk", "servers", "mem", "ip"].map((each) => account?.[`limit:${each}`]);
  assert.deepEqual(limits, [4000, 10 * 2 ** 30, 5, undefined, 256]);
  assert.ok(JSON.stringify(logged).includes("POST accounts"));
});

test("what is activated again has the same account still, whatever was lost on the way", async (t) => {
  const { act, activated, customers, way } = await opened(t);
  let lost = 0;
  way.loses = (asked) => asked === "POST accounts/create" && lost++ < 1;
  const order = await activated();
  assert.equal(lost, 2);
  const again = await act("activate", order);
  assert.deepEqual([again.error, again.username], [null, order.username]);
  assert.equal((await customers()).length, 1);
});

test("an activation that fails after the account was made leaves one that has a right to nothing", async (t) => {
  const { act, customers, way } = await opened(t);
  way.instead = (asked) => (asked.endsWith("/set") ? { status: 500, body: "" } : null);
  const { error, username } = await act("activate");
  assert.deepEqual([error, username], ["Lodge: 500", null]);
  const [account] = await customers();
  const limits = ["cpu", "mem", "disk", "ip", "vlan", "servers", "drives"];
  for (const each of limits) assert.equal(account?.[`limit:${each}`], 0, each);
});

test(
  "a suspension, its end and a cancellation are done, and are done still when they are asked for again",
  long,
  async (t) => {
    const { act, activated, only, cloud } = await opened(t);
    const order = await activated();
    const server = await makeServer({ ...cloud, user: order.username as never });
    for (let time = 0; time < 2; time++) {
      assert.equal((await act("suspend", { ...order, note: "Overdue" })).answered, true);
      assert.deepEqual([(await only()).status, (await only()).reason], ["suspended", "Overdue"]);
    }
    await cloud.settled();
    assert.equal(await phaseOf(cloud, server), "stopped");
    for (let time = 0; time < 2; time++) {
      assert.equal((await act("unsuspend", order)).answered, true);
      assert.equal((await only()).status, "active");
    }
    for (let time = 0; time < 2; time++) {
      assert.equal((await act("cancel", order)).answered, true);
      assert.equal((await only()).status, "closed");
    }
    await cloud.settled();
    assert.equal(cloud.machine.servers.size, 0);
    for (const action of ["suspend", "unsuspend", "change plan"]) {
      const { error } = await act(action, { ...order, newPlan: PLAN });
      assert.match(String(error), /^Lodge: 409 .*is closed, and stays so$/, action);
    }
  },
);

test(
  "another plan sets all limits: its own values before its quota, and what it does not name is the cloud's",
  long,
  async (t) => {
    const { act, activated, only } = await opened(t);
    const order = await activated();
    const newPlan = { quota: "1024", custom: { "limit:disk": "1T", "limit:mem": "2048" } };
    for (let time = 0; time < 2; time++)
      assert.equal((await act("change plan", { ...order, newPlan })).answered, true);
    const account = await only();
    const limits = ["cpu", "mem", "disk", "servers"].map((each) => account[`limit:${each}`]);
    assert.deepEqual(limits, [undefined, 2048, 2 ** 40, 2000]);
    const bad = await act("change plan", { ...order, newPlan: { custom: { "limit:cpu": "lots" } } });
    assert.match(String(bad.error), /^Lodge: 400 limit:cpu/);
  },
);

test("a synchronization tells whether the account is suspended, and the order's log what it has used", async (t) => {
  const { act, activated, way } = await opened(t);
  const order = await activated();
  way.instead = (asked) =>
    asked.endsWith("/usage")
      ? {
          status: 200,
          body: JSON.stringify([{ resource: "xfer", amount: "1.5", subscribed: "0", burst: "1.5" }]),
        }
      : null;
  const active = await act("sync", order);
  assert.deepEqual([active.answered, active.username, active.error], [false, order.username, null]);
  assert.match(JSON.stringify(active.logged), /active, cpu 0, mem 0, disk 0, .*xfer this month 1\.5/);
  await act("suspend", order);
  assert.equal((await act("sync", order)).answered, true);
  way.instead = (asked) =>
    asked.endsWith("/usage")
      ? { status: 404, headers: { "x-lodge-error": "no_such_command" }, body: "" }
      : null;
  assert.equal((await act("sync", order)).error, null);
});

test(
  "what an account of Lodge does not have cannot be changed, and a domain is the order's alone",
  long,
  async (t) => {
    const { act, activated } = await opened(t);
    const order = await activated();
    assert.equal((await act("change domain", order)).answered, true);
    for (const [action, sentence] of [
      ["change password", /has keys/],
      ["change username", /uuid of the account, and stays/],
      ["change ip", /holds addresses by itself/],
      ["login", /no page to log in to/],
    ] as const)
      assert.match(String((await act(action, order)).error), sentence, action);
  },
);

for (const action of ["suspend", "unsuspend", "cancel", "change plan", "sync"]) {
  test(`${action} says what is amiss: the key, the account, or that the order has none`, async (t) => {
    const { act, activated, customers } = await opened(t);
    const order = { ...(await activated()), newPlan: PLAN };
    const before = await customers();
    assert.match(String((await act(action, order, { accesshash: "wrong" })).error), /^Lodge: 401 /);
    const gone = { ...order, username: "00000000-0000-4000-8000-000000000000" };
    assert.match(String((await act(action, gone)).error), /^Lodge: 404 there is no user/);
    const without = { ...order, username: "examplec1" };
    assert.match(String((await act(action, without)).error), /this service has no account/);
    assert.deepEqual(await customers(), before);
  });
}
