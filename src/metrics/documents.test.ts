/** What the documents for operators say of metrics, alerts and what to do: held against what there is. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { collectDefaultMetrics, Registry } from "prom-client";
import { lackingPrometheus } from "../../testing/prometheus.ts";
import { runToEnd } from "../../testing/run.ts";
import { SUBCOMMANDS } from "../cli/lodge/subcommands.ts";
import { FAMILIES } from "./exposition.ts";

const DOCS = join(import.meta.dirname, "../../docs");

const read = (path: string) => readFileSync(join(DOCS, path), "utf8");

const ALERTS = read("monitoring/alerts.yml");
const ALERT_TESTS = read("monitoring/alerts.test.yml");
const DASHBOARD = read("monitoring/dashboard.json");
const RUNBOOK = read("runbook.md");
const OPERATING = read("operating.md");

/** All names that a scrape may have. */
function knownNames(): ReadonlySet<string> {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const parts = ["", "_bucket", "_sum", "_count"];
  return new Set([
    ...register.getMetricsAsArray().map(({ name }) => name),
    ...FAMILIES.flatMap(({ name, type }) =>
      type === "histogram" ? parts.slice(1).map((part) => `${name}${part}`) : [name],
    ),
  ]);
}

const namesIn = (text: string) => new Set(text.match(/\b(?:lodge|process|nodejs)_[a-z0-9_]+/g));

const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = ""]) => found);

test("every metric that alerts, their tests and the dashboard name is one that there is", () => {
  const known = knownNames();
  for (const [where, text] of Object.entries({ ALERTS, ALERT_TESTS, DASHBOARD, OPERATING })) {
    const unknown = namesIn(text).difference(known);
    assert.deepEqual([...unknown], [], where);
  }
});

test("every alert has its section in the runbook, to which it leads, and its own test", () => {
  const alerts = matches(ALERTS, /^ {6}- alert: (\w+)$/gm);
  assert.ok(alerts.length > 10);
  assert.deepEqual(
    matches(ALERTS, /^ {10}runbook_url: docs\/runbook\.md#(\w+)$/gm),
    alerts.map((name) => name.toLowerCase()),
  );
  assert.deepEqual(matches(RUNBOOK, /^### (\w+)$/gm), alerts);
  const tested = new Set(matches(ALERT_TESTS, /alertname="(\w+)"/g));
  assert.deepEqual([...tested].sort(), [...alerts].sort());
});

test("promtool finds no fault with the alerts, and each of them fires when it is to, and no other", {
  skip: lackingPrometheus(),
}, async () => {
  for (const words of [
    ["check", "rules", "alerts.yml"],
    ["test", "rules", "alerts.test.yml"],
  ]) {
    const [file = ""] = words.splice(2);
    const { code, stdout, stderr } = await runToEnd(["promtool", ...words, join(DOCS, "monitoring", file)]);
    assert.equal(code, 0, stdout + stderr);
  }
});

test("every section of the runbook says what it means, what to look at and what to do", () => {
  for (const section of RUNBOOK.split(/^### /m).slice(1)) {
    for (const part of ["Means", "Look", "Do"])
      assert.match(section, new RegExp(`^\\*\\*${part}\\.\\*\\* `, "m"));
  }
});

test("every command of lodge that the runbook gives is one that there is", () => {
  const words = SUBCOMMANDS.map(({ words }) => words);
  for (const line of matches(RUNBOOK, /bin\/lodge ([a-z -]+)/g)) {
    assert.ok(
      words.some((each) => `${line} `.startsWith(`${each} `)),
      line,
    );
  }
});

test("the links of the runbook lead to headings that there are", () => {
  const anchors = (text: string) =>
    matches(text, /^#+ (.+)$/gm).map((title) =>
      title
        .toLowerCase()
        .replace(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    );
  const [own, operating] = [anchors(RUNBOOK), anchors(OPERATING)];
  for (const link of matches(RUNBOOK, /\]\(#([\w-]+)\)/g)) assert.ok(own.includes(link), link);
  for (const link of matches(RUNBOOK, /\]\(operating\.md#([\w-]+)\)/g))
    assert.ok(operating.includes(link), link);
});

test("the dashboard takes any data source, and no panel has one of its own", () => {
  const dashboard = JSON.parse(DASHBOARD);
  const [source] = dashboard.templating.list;
  assert.deepEqual([source.name, source.type, source.query], ["datasource", "datasource", "prometheus"]);
  const uids = new Set(matches(DASHBOARD, /"datasource": \{[^}]*"uid": "([^"]+)"/g));
  assert.deepEqual([...uids], [`\${datasource}`]);
  const ids = dashboard.panels.map(({ id }: { id: number }) => id);
  assert.equal(new Set(ids).size, ids.length);
});
