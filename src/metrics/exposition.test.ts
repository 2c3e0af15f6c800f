/** What a scrape tells, of a daemon on a simulated host. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { AUTHORIZATION, QUIET, serveCommands } from "../../testing/http/server.ts";
import { lackingPrometheus } from "../../testing/prometheus.ts";
import { runToEnd } from "../../testing/run.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { lifecycle, makeDrive, makeServer } from "../../testing/state-objects.ts";
import { withTransactions } from "../../testing/transactions.ts";
import type { Command } from "../api/command.ts";
import { StoreUnavailable } from "../base/store-errors.ts";
import { Health } from "../http/health.ts";
import { disagreements } from "../operator/status.ts";
import { MeasuredStore } from "../store/measured-store.ts";
import type { Store } from "../store/store.ts";
import { EndedOperations } from "./ended-operations.ts";
import { Exposition, FAMILIES } from "./exposition.ts";
import { type Figures, gather, type Sources } from "./figures.ts";
import { ObjectCounts } from "./object-counts.ts";

const act: Command = { ...QUIET, path: "things/THING/act", run: async () => {} };

/** Where the figures of a cloud come from, with an API of one command in front. */
async function sourcesOf(t: TestContext, cloud: Cloud, store = new MeasuredStore(cloud.daemon().store)) {
  const home = await mkdtemp(join(tmpdir(), "lodge-metrics-"));
  t.after(() => rm(home, { recursive: true }));
  const server = await serveCommands([act]);
  t.after(() => server.close());
  await fetch(new URL("/things/0d72a69e-bb64-4972-be07-9105576bebf9/act", server.url), {
    ...{ method: "POST", headers: AUTHORIZATION },
  });
  const { host, dependencies } = cloud.daemon();
  const sources: Sources = {
    ...{ version: "1.2.3", home, store, health: new Health(async () => {}), now: Date.now },
    ...{ objects: new ObjectCounts(store), operations: new EndedOperations() },
    http: server.figures,
    machine: () => ({
      volumes: { storageDaemons: { launches: 2, losses: 1 }, copies: 0 },
      network: { repairs: 0, outOfOrder: ["the DHCP server"] },
    }),
    facts: () => host.facts(),
    instances: () => host.servers.list(),
    disagreements: () => disagreements(dependencies),
    troubles: () => ({ warn: 5, error: 0 }),
  };
  return sources;
}

const scrape = (sources: Sources) => new Exposition(() => gather(sources)).text();

/** The samples of a scrape whose names begin so, by their names and labels. */
const samples = (text: string, prefix = "lodge_") =>
  new Map(
    text
      .split("\n")
      .filter((line) => line.startsWith(prefix))
      .map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );

test("a scrape tells what runs, how much room there is, and what was asked", async (t) => {
  const cloud = await openCloud(t);
  await makeServer(cloud);
  await makeDrive(cloud, { "encryption:cipher": "none" });
  const found = samples(await scrape(await sourcesOf(t, cloud)));
  const expected = {
    'lodge_build_info{version="1.2.3"}': 1,
    lodge_ready: 1,
    lodge_store_up: 1,
    'lodge_servers{status="active"}': 1,
    'lodge_servers{status="stopped"}': 0,
    'lodge_drives{phase="ready"}': 1,
    'lodge_memory_allocated_bytes{host="local"}': 64 * 2 ** 20,
    'lodge_memory_capacity_bytes{host="local"}': 7168 * 2 ** 20,
    'lodge_cpu_capacity_hertz{host="local"}': 40e9,
    'lodge_disk_allocated_bytes{host="local"}': 4096,
    'lodge_http_requests_total{command="things/THING/act",code="204"}': 1,
    'lodge_http_requests_total{command="things/THING/act",code="500"}': 0,
    'lodge_http_request_duration_seconds_count{command="things/THING/act"}': 1,
    'lodge_http_request_duration_seconds_bucket{command="things/THING/act",le="+Inf"}': 1,
    'lodge_http_errors_total{error="rate_exceeded"}': 0,
    'lodge_operations{state="retried"}': 0,
    lodge_storage_daemon_launches_total: 2,
    lodge_network_parts_out_of_order: 1,
    'lodge_troubles_total{level="warn"}': 5,
  };
  // An empty label is none.
  const named = new Map([...found].map(([name, value]) => [name.replace(/noun="",action="",/, ""), value]));
  assert.deepEqual(
    Object.fromEntries(Object.keys(expected).map((name) => [name, named.get(name)])),
    expected,
  );
});

test("operations are told by what becomes of them, and how long the oldest has been wanted", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeServer(cloud);
  cloud.before = async (effect) => {
    if (effect === "end") throw new Error("its processes do not end");
  };
  await assert.rejects(lifecycle(cloud).stop(server), /do not end/);
  const sources = await sourcesOf(t, cloud);
  const found = samples(await scrape({ ...sources, now: () => Date.now() + 600_000 }));
  assert.equal(found.get('lodge_operations{noun="server",action="stop",state="retried"}'), 1);
  const oldest = found.get('lodge_operations_oldest_seconds{state="retried"}') ?? 0;
  assert.ok(oldest >= 600 && oldest < 900, `${oldest}`);
  assert.equal(found.get('lodge_operations_oldest_seconds{state="waiting"}'), 0);
});

test("a store that does not answer is told as such, and all that is known without it", async (t) => {
  const cloud = await openCloud(t);
  const away = () => Promise.reject(new StoreUnavailable("lost", "away"));
  const store: Store = Object.assign(withTransactions(cloud.daemon().store, away), { snapshot: away });
  const sources = await sourcesOf(t, cloud, new MeasuredStore(store));
  await assert.rejects(sources.store.snapshot(async () => {}));
  const found = samples(await scrape(sources));
  assert.equal(found.get("lodge_store_up"), 0);
  assert.ok((found.get('lodge_store_faults_total{fault="unavailable"}') ?? 0) >= 1);
  assert.equal(found.get("lodge_http_connections_limit") !== undefined, true);
  assert.equal(
    [...found.keys()].some((name) => name.startsWith("lodge_operations")),
    false,
  );
});

test("a part that hangs is left out in time", { timeout: 60_000 }, async (t) => {
  const sources = await sourcesOf(t, await openCloud(t));
  const text = await scrape({ ...sources, instances: () => new Promise(() => {}) });
  assert.equal(samples(text, "lodge_servers").size, 0);
  assert.equal(samples(text).get("lodge_ready"), 1);
});

test("two scrapes at once find everything out once", async (t) => {
  const sources = await sourcesOf(t, await openCloud(t));
  let gathered = 0;
  const exposition = new Exposition(() => {
    gathered++;
    return gather(sources);
  });
  const [one, other] = await Promise.all([exposition.text(), exposition.text()]);
  assert.equal(one, other);
  assert.equal(gathered, 1);
});

test("how many series there are does not depend on what users have, and none tells who or what they are", async (t) => {
  const cloud = await openCloud(t);
  const sources = await sourcesOf(t, cloud);
  const before = [...samples(await scrape(sources)).keys()];
  for (let n = 0; n < 3; n++) {
    await makeServer(cloud, { name: "secretname" });
    await makeDrive(cloud, { name: "secretname", "encryption:cipher": "none" });
  }
  const text = await scrape({ ...sources, objects: new ObjectCounts(cloud.daemon().store) });
  assert.deepEqual([...samples(text).keys()], before);
  assert.equal(samples(text).get('lodge_servers{status="active"}'), 3);
  assert.doesNotMatch(text, /secretname|[0-9a-f]{8}-[0-9a-f]{4}-/);
});

test("every family has the labels that it says, and its samples are finite numbers", async (t) => {
  const figures: Figures = await gather(await sourcesOf(t, await openCloud(t)));
  for (const { name, type, labels, samples } of FAMILIES) {
    for (const sample of samples(figures)) {
      const own = Object.keys(sample.labels ?? {}).filter((label) => type !== "histogram" || label !== "le");
      assert.deepEqual(own, labels, name);
      assert.ok(Number.isFinite(sample.value), name);
    }
  }
});

test("promtool finds no fault with the metrics of Lodge's own", { skip: lackingPrometheus() }, async (t) => {
  const text = await scrape(await sourcesOf(t, await openCloud(t)));
  const own = text.split("\n").filter((line) => /^(# (HELP|TYPE) )?lodge_/.test(line));
  const { code, stdout, stderr } = await runToEnd(["promtool", "check", "metrics"], `${own.join("\n")}\n`);
  assert.deepEqual([code, stdout + stderr], [0, ""]);
});
