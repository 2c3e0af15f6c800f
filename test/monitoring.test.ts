/** A whole cloud as those see it who watch it: an operator, a load balancer, Prometheus with the rules and the dashboard. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Cloud, openCloud } from "../testing/cloud.ts";
import { lackingPrometheus, startPrometheus } from "../testing/prometheus.ts";
import { longAnd } from "../testing/share.ts";
import { freshDatabase, lacking, sharedPostgres } from "../testing/stores.ts";
import { until } from "../testing/until.ts";

const MONITORING = join(import.meta.dirname, "../docs/monitoring");

let cloud: Cloud;
before(async () => {
  cloud = await openCloud({ LODGE_ADMIN: "0" });
});
after(() => cloud.close());

const adminOf = ({ printed }: Cloud) =>
  /^Metrics are at (http:\S+)metrics$/m.exec(printed.join("\n"))?.[1] ?? "";
const admin = () => adminOf(cloud);
const ask = (path: string) => fetch(new URL(path, admin()));

/** Some of what callers do: reads, changes, and errors of each kind. */
async function use(): Promise<void> {
  const { auth } = cloud;
  const drive = (await cloud.make("drives/create", { name: "secretname", size: 4096 })).get("drive") ?? "";
  await cloud.info(`drives/${drive}/info`);
  await cloud.act(`drives/${drive}/destroy`);
  for (const wrong of ["", `${auth.slice(0, auth.indexOf(":"))}:wrong`]) {
    assert.equal((await cloud.ask("drives/list", { auth: wrong })).status, 401);
  }
}

test("metrics are told at the admin's address alone, and tell nothing of users", async () => {
  await use();
  const { status } = await cloud.ask("metrics");
  assert.equal(status, 404);
  const text = await (await ask("metrics")).text();
  assert.match(text, /^lodge_http_requests_total\{command="drives\/DRIVE\/info",code="200"\} [1-9]/m);
  assert.match(text, /^lodge_operation_attempts_total\{noun="drive",action="create",outcome="done"\} [1-9]/m);
  assert.match(text, /^lodge_store_transaction_duration_seconds_count [1-9]/m);
  const own = text.split("\n").filter((line) => !line.startsWith("#"));
  const [user = "", secret = ""] = cloud.auth.split(":");
  assert.doesNotMatch(own.join("\n"), /secretname|[0-9a-f]{8}-[0-9a-f]{4}-|\d+\.\d+\.\d+\.\d+/);
  assert.ok(!text.includes(user) && !text.includes(secret) && !text.includes(cloud.home));
});

test("the admin's address is one of loopback where only a port was said", () => {
  assert.equal(new URL(admin()).hostname, "127.0.0.1");
});

test("health is told at both addresses, without credentials", async () => {
  for (const base of [cloud.url, admin()]) {
    for (const [path, status] of Object.entries({
      health: "ok",
      "health/live": "ok",
      "health/ready": "ready",
    })) {
      const answer = await fetch(new URL(path, base));
      assert.deepEqual([answer.status, await answer.json()], [200, { status }]);
    }
  }
});

test("lodge status says what runs, for people and for programs, and 0 while all is well", async () => {
  const { code, stdout, stderr } = await cloud.tool("lodge", ["status"]);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /^Lodge \d+\.\d+\.\d+ runs for \d+ \w+ \(process \d+\) at http/);
  assert.match(stdout, /\n {2}drives +[\d.]+ \w+ free of [\d.]+ \w+\n/);
  assert.match(stdout, /\nAll is well\.\n$/);
  const json = await cloud.tool("lodge", ["status", "--json"]);
  const facts = JSON.parse(json.stdout);
  assert.deepEqual([facts.running, facts.well, facts.daemon.pid], [true, true, cloud.pid]);
  assert.equal(`${facts.daemon.admin}/`, admin());
});

test("the rules are ones that Prometheus evaluates, and each panel of the dashboard shows something", {
  ...longAnd({ skip: lackingPrometheus() }),
}, async (t) => {
  const prometheus = await startPrometheus(new URL(admin()).host, join(MONITORING, "alerts.yml"));
  t.after(() => prometheus.close());
  const queries = dashboardQueries();
  assert.ok(queries.length > 40);
  const empty = await until("every panel shows something", async () => {
    await use();
    const answers = await Promise.all(
      queries.map(async (query) => ({ query, values: await prometheus.query(query) })),
    );
    const lacking = answers.filter(({ values }) => !values.some(Number.isFinite));
    return lacking.length === 0 ? lacking : null;
  });
  assert.deepEqual(empty, []);
  const rules = await until("all rules were evaluated", async () => {
    const all = await prometheus.rules();
    return all.some(({ health }) => health === "unknown") ? null : all;
  });
  assert.ok(rules.length > 10);
  for (const { name, health, query } of rules) {
    assert.equal(health, "ok", name);
    for (const metric of query.match(/\b(?:lodge|process|nodejs)_\w+/g) ?? []) {
      assert.notDeepEqual(await prometheus.query(metric), [], `${name}: ${metric}`);
    }
  }
  assert.deepEqual(await prometheus.query('ALERTS{severity="critical",alertstate="firing"}'), []);
});

/** The expressions of all panels, with what Grafana puts in for its variables. */
function dashboardQueries(): readonly string[] {
  const dashboard = JSON.parse(readFileSync(join(MONITORING, "dashboard.json"), "utf8"));
  const targets = dashboard.panels.flatMap(({ targets = [] }: { targets?: { expr: string }[] }) => targets);
  return targets.map(({ expr }: { expr: string }) =>
    expr.replaceAll("$instance", ".+").replaceAll("$__rate_interval", "20s"),
  );
}

// It ends the daemon, and so comes last.
test("where no daemon runs lodge status says so, and 3; where there is no cloud it knows nothing, and 4", async () => {
  await cloud.stop();
  const { code, stdout } = await cloud.tool("lodge", ["status"]);
  assert.deepEqual([code, stdout], [3, `Lodge is not running with the home ${cloud.home}\n`]);
  const json = await cloud.tool("lodge", ["status", "--json"]);
  assert.deepEqual([json.code, JSON.parse(json.stdout)], [3, { running: false, servers: 0 }]);
  const none = await cloud.tool("lodge", ["status", "--home", `${cloud.home}/none`]);
  assert.equal(none.code, 4);
  assert.match(none.stdout, /^It is not known how this cloud does: there is no cloud in /);
  const wrong = await cloud.tool("lodge", ["status", "--jsn"]);
  assert.equal(wrong.code, 2);
});

test("a daemon whose database is away is live and not ready, tells so everywhere, and is ready once it is back", {
  ...longAnd({ skip: lacking("postgres") }),
}, async (t) => {
  const [database, postgres] = [await freshDatabase(), await sharedPostgres()];
  const stored = await openCloud({ LODGE_ADMIN: "0", LODGE_DATABASE: database });
  t.after(() => stored.close());
  const readiness = async () => {
    const answer = await fetch(new URL("health/ready", adminOf(stored)));
    return [answer.status, await answer.json()];
  };
  const metric = async (name: string) =>
    (await (await fetch(new URL("metrics", adminOf(stored)))).text()).match(
      new RegExp(`^${name} (\\d+)$`, "m"),
    )?.[1];
  assert.deepEqual(await readiness(), [200, { status: "ready" }]);
  assert.equal(await metric("lodge_store_up"), "1");
  await postgres.stop("SIGQUIT");
  await until("it is not ready", async () => ((await readiness())[0] === 503 ? true : null));
  assert.deepEqual(await readiness(), [503, { status: "unready", reason: "store_unavailable" }]);
  assert.equal((await fetch(new URL("health/live", stored.url))).status, 200);
  await until("it is not up", async () => ((await metric("lodge_store_up")) === "0" ? true : null));
  assert.equal(await metric("lodge_ready"), "0");
  const { code, stdout } = await stored.tool("lodge", ["status"]);
  assert.equal(code, 1, stdout);
  assert.match(stdout, /\n {2}callers are not to be led here: the store does not answer\n/);
  await postgres.start();
  await until("it is ready again", async () => ((await readiness())[0] === 200 ? true : null));
});
