/** The module for WHMCS, loaded by a stand-in for it, against a cloud that runs. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext, test } from "node:test";
import { ledgerRows, readLedgerRow } from "../../src/billing/ledger.ts";
import { moneyText } from "../../src/billing/money.ts";
import { addPriceList } from "../../src/billing/prices.ts";
import { noteTransfer } from "../../src/metering/transfers.ts";
import { writeCertificate } from "../../testing/certificate.ts";
import { openIntegration, runPhp } from "../../testing/integrations.ts";
import { long, longAnd } from "../../testing/share.ts";
import { makeServer, phaseOf } from "../../testing/state-objects.ts";

const MODULE = "whmcs/modules/servers/lodge/lodge.php";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

type Service = {
  readonly id: number;
  readonly username: string;
  readonly password: string;
  readonly nextduedate?: string;
};

const ORDERED: Service = { id: 12, username: "exampleco", password: "aZ3kd93kdQ" };
const CLIENT = { firstname: "Jane", lastname: "Doe", companyname: "Example Ltd", email: "jane@example.com" };
const PRODUCT = { configoption1: "4000", configoption2: "8192", configoption3: "200G", configoption6: "5" };

async function opened(t: TestContext) {
  const integration = await openIntegration(t);
  const server = {
    ...{ serverhostname: "127.0.0.1", serverport: integration.way.port, serversecure: false },
    ...{ serverusername: integration.admin.user, serverpassword: integration.admin.key, serverid: 3 },
  };
  /** Calls a function of the module for the service, with parameters besides those of its server, client and product. */
  const call = async (name: string, service: Service, params: object = {}, more: object = {}) => {
    const all = { ...server, ...PRODUCT, configoptions: {}, clientsdetails: CLIENT, ...params };
    return runPhp("whmcs.php", MODULE, { function: name, params: all, service, ...more });
  };
  /** A service whose account was made. */
  const made = async (): Promise<Service> => {
    const { answered, username, password } = await call("CreateAccount", ORDERED);
    assert.equal(answered, "success");
    return { ...ORDERED, username: String(username), password: String(password) };
  };
  return { ...integration, server, call, made };
}

test("WHMCS is told what the module is, and a connection is tested with the admin's key", async (t) => {
  const { call, api, ann, admin } = await opened(t);
  const { answered: meta } = await call("MetaData", ORDERED);
  assert.deepEqual([(meta as { DisplayName: string }).DisplayName], ["Lodge"]);
  const { answered: options } = await call("ConfigOptions", ORDERED);
  assert.equal(Object.keys(options as object).length, 8);
  const tried = async (params: object = {}) => (await call("TestConnection", ORDERED, params)).answered;
  assert.deepEqual(await tried(), { success: true, error: "" });
  const failed = async (params: object) => {
    const { success, error } = (await tried(params)) as { success: boolean; error: string };
    assert.equal(success, false);
    return error;
  };
  assert.match(await failed({ serverpassword: "wrong" }), /^Lodge: 401 /);
  assert.match(await failed({ serverusername: "root" }), /uuid of an admin's account/);
  assert.match(
    await failed({ serverhostname: "lodge.example.com" }),
    /without TLS the key would be readable/,
  );
  assert.match(await failed({ serverhostname: "127.0.0.1/x" }), /no hostname/);
  await api.ask(ann, `accounts/${admin.user}/set`, { role: "user" });
  assert.match(await failed({}), /no admin's/);
});

test("a service that is made has an account with its product's limits, whose key opens it", async (t) => {
  const { call, customers, api } = await opened(t);
  const chosen = { configoptions: { "limit:mem": "16384" } };
  const { answered, username, password, logged } = await call("CreateAccount", ORDERED, chosen);
  assert.deepEqual([answered, UUID.test(String(username))], ["success", true]);
  const [account, ...more] = await customers();
  assert.deepEqual(more, []);
  const { user, name, email } = account ?? {};
  assert.deepEqual([user, name, email], [username, "Example Ltd (service 12)", "jane@example.com"]);
  const limits = ["cpu", "mem", "disk", "servers", "ip"].map((each) => account?.[`limit:${each}`]);
  assert.deepEqual(limits, [4000, 16_384, 200 * 2 ** 30, 5, 256]);
  const own = { user: username as never, secret: String(password) };
  assert.equal((await api.ask(own, "drives/create", { name: "d", size: 4096 })).status, 200);
  assert.ok(!JSON.stringify(logged).includes(String(password)), "the log has the customer's key");
});

test("a service that is made twice has one account, and is set as its product says by then", async (t) => {
  const { call, made, customers } = await opened(t);
  const service = await made();
  const again = await call("CreateAccount", service, { configoption1: "2000", configoption6: "" });
  assert.deepEqual(
    [again.answered, again.username, again.password],
    ["success", service.username, service.password],
  );
  const accounts = await customers();
  assert.deepEqual(
    [accounts.length, accounts[0]?.["limit:cpu"], accounts[0]?.["limit:servers"]],
    [1, 2000, 2000],
  );
});

test("a service has one account, with a key that opens it, though the answer was lost or WHMCS could not keep it", async (t) => {
  const { call, customers, way, api } = await opened(t);
  const broken = await call("CreateAccount", ORDERED, {}, { isBroken: true });
  assert.match(String(broken.answered), /the database has gone away/);
  let lost = 0;
  way.loses = (asked) => asked === "POST accounts/create" && lost++ < 1;
  const { answered, username, password } = await call("CreateAccount", ORDERED);
  assert.deepEqual([answered, lost], ["success", 2]);
  assert.deepEqual(
    (await customers()).map(({ user }) => user),
    [username],
  );
  const own = { user: username as never, secret: String(password) };
  assert.equal((await api.ask(own, "profile/info")).status, 200);
});

test("two services, and the same number of another installation, have an account each", long, async (t) => {
  const { call, customers } = await opened(t);
  await call("CreateAccount", ORDERED);
  await call("CreateAccount", { ...ORDERED, id: 13 });
  await call("CreateAccount", ORDERED, {}, { systemUrl: "https://other.example.com/" });
  assert.equal((await customers()).length, 3);
});

test("a suspension, its end and a termination are done, and are done still when they are asked for again", async (t) => {
  const { call, made, customers, cloud } = await opened(t);
  const service = await made();
  const statusOf = async () => (await customers())[0];
  const own = { ...cloud, user: service.username as never };
  const server = await makeServer(own);
  for (let time = 0; time < 2; time++) {
    const { answered } = await call("SuspendAccount", service, { suspendreason: "Overdue\non payment" });
    assert.equal(answered, "success");
    const { status, reason } = (await statusOf()) ?? {};
    assert.deepEqual([status, reason], ["suspended", "Overdue on payment"]);
  }
  await cloud.settled();
  assert.equal(await phaseOf(cloud, server), "stopped");
  for (let time = 0; time < 2; time++) {
    assert.equal((await call("UnsuspendAccount", service)).answered, "success");
    assert.equal((await statusOf())?.status, "active");
  }
  for (let time = 0; time < 2; time++) {
    assert.equal((await call("TerminateAccount", service)).answered, "success");
    assert.equal((await statusOf())?.status, "closed");
  }
  await cloud.settled();
  assert.equal(cloud.machine.servers.size, 0);
});

test("another package sets all limits, and leaves to the cloud what it does not name", long, async (t) => {
  const { call, made, customers } = await opened(t);
  const service = await made();
  const product = { configoption1: "", configoption2: "1024", configoption3: "1T", configoption6: "9" };
  for (let time = 0; time < 2; time++)
    assert.equal((await call("ChangePackage", service, product)).answered, "success");
  const [account] = await customers();
  const limits = ["cpu", "mem", "disk", "servers"].map((each) => account?.[`limit:${each}`]);
  assert.deepEqual(limits, [undefined, 1024, 2 ** 40, 9]);
  const bad = await call("ChangePackage", service, { configoption1: "<b>lots</b>" });
  assert.match(String(bad.answered), /^Lodge: 400 limit:cpu[^<>]*$/);
});

test("a service that was terminated is made anew with another account", long, async (t) => {
  const { call, made, customers } = await opened(t);
  const service = await made();
  await call("TerminateAccount", service);
  const { answered, username } = await call("CreateAccount", service);
  assert.equal(answered, "success");
  assert.notEqual(username, service.username);
  assert.equal((await customers()).length, 2);
});

const ACTIONS = ["CreateAccount", "SuspendAccount", "UnsuspendAccount", "TerminateAccount", "ChangePackage"];

for (const action of ACTIONS) {
  test(`${action} says so, and changes nothing, where the key is wrong or is no admin's`, async (t) => {
    const { call, made, customers } = await opened(t);
    const service = await made();
    const before = await customers();
    const wrong = await call(action, service, { serverpassword: "wrong" });
    assert.match(String(wrong.answered), /^Lodge: 401 /);
    const own = { serverusername: service.username, serverpassword: service.password };
    const { answered } = await call(action, service, own);
    assert.match(String(answered), /^Lodge: 404 there is no command/);
    assert.deepEqual(await customers(), before);
  });
}

// It pauses before it asks again.
describe("where Lodge is down", longAnd({ concurrency: true }), () => {
  for (const action of ACTIONS) {
    it(`${action} says so, and is done when it is up again`, async (t) => {
      const { call, made, way } = await opened(t as TestContext);
      const service = await made();
      way.instead = () => ({ status: 503, body: "the cloud is stopping\n" });
      const begun = way.asked.length;
      const { answered } = await call(action, service);
      assert.match(String(answered), /^Lodge: 503 the cloud is stopping/);
      assert.equal(way.asked.length - begun, 3, "it was asked again twice");
      const gone = await call(action, service, { serverport: 1 });
      assert.match(String(gone.answered), /^Lodge is not reached: /);
      way.instead = () => null;
      assert.equal((await call(action, service)).answered, "success");
    });
  }
});

for (const action of ACTIONS.slice(1)) {
  test(`${action} says so where the service has no account, or one that is not there`, async (t) => {
    const { call } = await opened(t);
    assert.match(String((await call(action, ORDERED)).answered), /this service has no account/);
    const gone = { ...ORDERED, username: "00000000-0000-4000-8000-000000000000" };
    assert.match(String((await call(action, gone)).answered), /^Lodge: 404 there is no user/);
  });
}

for (const action of ["SuspendAccount", "UnsuspendAccount", "ChangePackage"]) {
  test(`${action} of an account that is closed says that it is`, long, async (t) => {
    const { call, made } = await opened(t);
    const service = await made();
    await call("TerminateAccount", service);
    assert.match(String((await call(action, service)).answered), /^Lodge: 409 .*is closed, and stays so$/);
  });
}

test("an answer that is none of Lodge's, and one that refuses with 402, are told", async (t) => {
  const { call, made, way } = await opened(t);
  const service = await made();
  way.instead = () => ({ status: 200, body: "<html>Welcome</html>" });
  assert.match(String((await call("ChangePackage", service)).answered), /no API of Lodge's/);
  way.instead = () => ({ status: 402, headers: { "x-lodge-error": "limit_reached" }, body: "too much\n" });
  assert.equal((await call("ChangePackage", service)).answered, "Lodge: 402 too much");
  way.instead = () => ({ status: 302, headers: { location: "http://127.0.0.1:1/" }, body: "" });
  assert.match(String((await call("ChangePackage", service)).answered), /^Lodge: 302/);
});

test("an answer that is longer than any of Lodge's is not read to its end", async (t) => {
  const { call, made, way } = await opened(t);
  const service = await made();
  way.instead = () => ({ status: 200, body: `{"role":"${"x".repeat(17 * 2 ** 20)}"}` });
  const { answered } = await call("TestConnection", service);
  assert.match((answered as { error: string }).error, /longer than any of Lodge's/);
});

test("a certificate that nobody vouches for, or of another name, is not taken, and nothing is sent", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "lodge-whmcs-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const { cert, key } = writeCertificate(folder, ["IP:127.0.0.1"]);
  let came = 0;
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_, answer) => {
    came++;
    answer.end('{"role":"admin"}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const params = {
    ...{ serverhostname: "127.0.0.1", serverport: port, serversecure: true },
    ...{ serverusername: "00000000-0000-4000-8000-000000000000", serverpassword: "key" },
  };
  const tried = async (serverhostname: string, flags: readonly string[] = []) => {
    const asked = { function: "TestConnection", params: { ...params, serverhostname }, service: ORDERED };
    return (await runPhp("whmcs.php", MODULE, asked, flags)).answered as { success: boolean; error: string };
  };
  const trusting = ["-d", `curl.cainfo=${cert}`];
  assert.match((await tried("127.0.0.1")).error, /^Lodge is not reached: .*certificate/);
  assert.match((await tried("localhost", trusting)).error, /^Lodge is not reached: .*localhost/);
  assert.equal(came, 0);
  assert.deepEqual(await tried("127.0.0.1", trusting), { success: true, error: "" });
});

test("a service is credited as it is made and once for each period that it is renewed for", async (t) => {
  const { call, made, cloud } = await opened(t);
  const { store, dependencies } = cloud.daemon();
  const { clock } = dependencies;
  const product = { configoption8: "25.50" };
  const unpriced = await call("CreateAccount", ORDERED, product);
  assert.match(String(unpriced.answered), /^Lodge: 400 this cloud has no price list/);
  const list = { currency: "EUR", from: null, prices: { ip: { burst: "0.01" } } };
  await store.transaction((tx) => addPriceList(tx, list, clock.now()));
  const service = await made();
  const due = (nextduedate: string) => ({ ...service, nextduedate });
  for (const [name, at] of [
    ["CreateAccount", service],
    ["Renew", due("2027-01-01")],
    ["Renew", due("2027-01-01")],
    ["Renew", due("2027-02-01")],
  ] as const)
    assert.equal((await call(name, at, product)).answered, "success");
  assert.equal((await call("Renew", due("2027-03-01"))).answered, "success", "without a credit");
  assert.match(String((await call("Renew", service, product)).answered), /no next due date/);
  const rows = await store.snapshot((tx) =>
    ledgerRows(tx).where("user", "=", service.username).orderBy("entry").execute(),
  );
  const entries = rows.map(readLedgerRow);
  assert.deepEqual(
    entries.map(({ kind, amount }) => [kind, moneyText(amount)]),
    [1, 2, 3].map(() => ["credit", "25.5"]),
  );
  assert.equal(new Set(entries.map(({ reference }) => reference)).size, 3);
});

/** Rows of tblhosting of one server, with one of another server's and one that is terminated. */
const hosting = (username: string) => [
  { id: 1, server: 3, domainstatus: "Active", username, diskusage: 0, bwusage: 7 },
  { id: 2, server: 3, domainstatus: "Active", username: "not ours", diskusage: 9, bwusage: 9 },
  { id: 3, server: 4, domainstatus: "Active", username, diskusage: 9, bwusage: 9 },
  { id: 4, server: 3, domainstatus: "Terminated", username, diskusage: 9, bwusage: 9 },
];

test("usage of disk and traffic is written to the services of the server, and to no other", async (t) => {
  const { call, made, cloud, api } = await opened(t);
  const service = await made();
  const own = { user: service.username as never, secret: service.password };
  await api.ask(own, "drives/create", { name: "d", size: 3 * 2 ** 20 + 4096 });
  const rows = hosting(service.username);
  const update = async () => (await call("UsageUpdate", service, {}, { services: rows })).services;
  const { store, dependencies } = cloud.daemon();
  await store.transaction((tx) =>
    noteTransfer(tx, service.username, 1.5 * 2 ** 30, dependencies.clock.now() - 1),
  );
  const [first, ...others] = (await update()) as readonly Readonly<Record<string, unknown>>[];
  assert.deepEqual([first?.diskusage, first?.disklimit, first?.bwusage], [4, 200 * 1024, 1536]);
  assert.match(String(first?.lastupdate), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  assert.deepEqual(others, rows.slice(1));
});

test("a cloud that does not meter leaves the traffic as it was, and one that is down leaves all", async (t) => {
  const { call, made, way } = await opened(t);
  const service = await made();
  const rows = hosting(service.username);
  way.instead = (asked) =>
    asked.endsWith("/usage")
      ? { status: 404, headers: { "x-lodge-error": "no_such_command" }, body: "there is no such command\n" }
      : null;
  const update = () => call("UsageUpdate", service, {}, { services: rows });
  const { services } = await update();
  const [first] = services as readonly Readonly<Record<string, unknown>>[];
  assert.deepEqual([first?.diskusage, first?.bwusage], [0, 7]);
  way.instead = () => ({ status: 500, body: "" });
  const { services: after, logged } = await update();
  assert.deepEqual(after, rows);
  assert.ok(JSON.stringify(logged).includes("Lodge: 500"));
});

test("the log of the module's calls has no key in it", async (t) => {
  const { call, made, admin } = await opened(t);
  const service = await made();
  const { logged } = await call("ChangePackage", service);
  const text = JSON.stringify(logged);
  assert.ok(text.includes(`accounts\\\\/${service.username}\\\\/set`), text);
  assert.ok(!text.includes(admin.key));
});
