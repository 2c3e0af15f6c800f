// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text of templates.
/** Planted bugs in what is seen from outside: counts, metrics, health, the status for operators. */
import type { Mutant } from "../mutant.ts";

const FIGURES = "src/http/figures.test.ts";
const TRAFFIC = "src/http/traffic.test.ts";
const HEALTH = "src/http/health.test.ts";
const EXPOSITION = "src/metrics/exposition.test.ts";
const COUNTS = "src/metrics/object-counts.test.ts";
const ADMIN = "src/metrics/admin-listener.test.ts";
const LINES = "src/cli/lodge/status-lines.test.ts";
const OPERATOR = "src/operator/operator.test.ts";
const TROUBLES = "src/operator/troubles.test.ts";
const UPKEEP = "src/host/network/upkeep.test.ts";
const VOLUMES = "src/host/volumes/figures.test.ts";

export const MONITORING: readonly Mutant[] = [
  {
    name: "a caller who hung up counts as one who was answered",
    file: "src/http/request-counts.ts",
    find: "headersSent ? statusCode : HUNG_UP",
    replace: "statusCode",
    tests: [FIGURES],
  },
  {
    name: "requests that are no command are not counted",
    file: "src/http/request-counts.ts",
    find: "      [null, none],\n",
    replace: "",
    tests: [FIGURES],
  },
  {
    name: "errors that were answered are not counted",
    file: "src/http/serve.ts",
    find: "    counts.refused(refused.code);\n    answerError",
    replace: "    answerError",
    tests: [FIGURES],
  },
  {
    name: "what is as long as a bound counts as longer",
    file: "src/base/histogram.ts",
    find: "value > (bounds[at] ?? 0)",
    replace: "value >= (bounds[at] ?? 0)",
    tests: ["src/base/histogram.test.ts"],
  },
  {
    name: "buckets do not count what is in those before them",
    file: "src/base/histogram.ts",
    find: "      count += this.#counts[at] ?? 0;",
    replace: "      count = this.#counts[at] ?? 0;",
    tests: ["src/base/histogram.test.ts"],
  },
  {
    name: "who asks while something is found out anew has it found out once more",
    file: "src/base/at-most-every.ts",
    find: "    freshUntilMs = Number.POSITIVE_INFINITY;\n    const found",
    replace: "    const found",
    tests: ["src/base/at-most-every.test.ts"],
  },
  {
    name: "the bytes of connections are forgotten as they close",
    file: "src/http/traffic.ts",
    find: "      this.#closed = sum(this.#closed, socket);\n",
    replace: "",
    tests: [FIGURES],
  },
  {
    name: "the count of bytes falls when a caller is cut",
    file: "src/http/traffic.ts",
    find: "sentBytes: Math.max(now.sentBytes, this.#told.sentBytes)",
    replace: "sentBytes: now.sentBytes",
    tests: [TRAFFIC],
  },
  {
    name: "who is being stopped is ready",
    file: "src/http/health.ts",
    find: '    if (this.#isStopping) return "stopping";\n',
    replace: "",
    tests: [HEALTH],
  },
  {
    name: "a server that closes is ready",
    file: "src/http/http-server.ts",
    find: "    health.stop();\n",
    replace: "",
    tests: [HEALTH],
  },
  {
    name: "who is not ready answers 200",
    file: "src/http/health.ts",
    find: "send(exchange, 503, JSON_TYPE",
    replace: "send(exchange, 200, JSON_TYPE",
    tests: [HEALTH],
  },
  {
    name: "a store that fails is one that answers",
    file: "src/http/health.ts",
    find: "          () => true,\n          () => false,",
    replace: "          () => true,\n          () => true,",
    tests: [HEALTH],
  },
  {
    name: "a full store counts as no fault",
    file: "src/store/measured-store.ts",
    find: 'if (error instanceof StoreFull) return "full";',
    replace: "if (error instanceof StoreFull) return null;",
    tests: ["src/store/measured-store.test.ts"],
  },
  {
    name: "a store that does not answer is told to be up",
    file: "src/metrics/state-families.ts",
    find: "stored === null ? 0 : 1",
    replace: "stored === null ? 1 : 1",
    tests: [EXPOSITION],
  },
  {
    name: "the age told is that of the youngest operation",
    file: "src/metrics/state-families.ts",
    find: "nowMs - Math.min(nowMs, ...since)",
    replace: "nowMs - Math.max(nowMs, ...since)",
    tests: [EXPOSITION],
  },
  {
    name: "memory is told in MiB under the name of bytes",
    file: "src/metrics/state-families.ts",
    find: "value: roomOf(host)[of][part] * unit",
    replace: "value: roomOf(host)[of][part]",
    tests: [EXPOSITION],
  },
  {
    name: "operations that fail are told to be under way",
    file: "src/metrics/operation-figures.ts",
    find: '.then("retried" as const)',
    replace: '.then("under_way" as const)',
    tests: [COUNTS, EXPOSITION],
  },
  {
    name: "of objects only the first page is counted",
    file: "src/base/pages.ts",
    find: "    if (rows.length < most) return;",
    replace: "    if (rows.length <= most) return;",
    tests: [COUNTS],
  },
  {
    name: "each scrape of two at once finds everything out",
    file: "src/metrics/exposition.ts",
    find: "this.text = atMostEvery(FRESH_MS, async () => {",
    replace: "this.text = ((_ms: number, make: () => Promise<string>) => make)(FRESH_MS, async () => {",
    tests: [EXPOSITION],
  },
  {
    name: "errors are told with who met them",
    file: "src/metrics/http-families.ts",
    find: "labels: { command, code: String(code) },",
    replace: "labels: { command, code: String(code), id: crypto.randomUUID() },",
    tests: [EXPOSITION],
  },
  {
    name: "the admin listener has as many connections as come",
    file: "src/metrics/admin-listener.ts",
    find: "  server.maxConnections = MOST_CONNECTIONS;\n",
    replace: "",
    tests: [ADMIN],
  },
  {
    name: "the admin listener answers whatever method",
    file: "src/metrics/admin-listener.ts",
    find: '!route.methods.includes(request.method ?? "")',
    replace: "route.methods.length === 0",
    tests: [ADMIN],
  },
  {
    name: "an address that all reach is taken for a loopback one",
    file: "src/base/networks.ts",
    find: '["127.0.0.0/8", "::1"]',
    replace: '["0.0.0.0/1", "::1"]',
    tests: [ADMIN],
  },
  {
    name: "a port alone is one that all reach",
    file: "src/settings.ts",
    find: "? `127.0.0.1:",
    replace: "? `0.0.0.0:",
    tests: ["src/settings.test.ts"],
  },
  {
    name: "an imaging that takes its time is told to hang",
    file: "src/operator/status.ts",
    find: '      .where("action", "not in", LONG_ACTIONS)\n',
    replace: "",
    tests: [OPERATOR],
  },
  {
    name: "a cloud whose DHCP server is away is said to be well",
    file: "src/operator/needs.ts",
    find: "    ...daemonTroubles(daemon).map((says): Need",
    replace: "    ...daemonTroubles(daemon).slice(0, 0).map((says): Need",
    tests: [LINES],
  },
  {
    name: "a full disk is not told",
    file: "src/operator/needs.ts",
    find: "disk.freeBytes < FULL_BYTES",
    replace: "disk.freeBytes < 0",
    tests: [LINES],
  },
  {
    name: "troubles of whatever number are kept",
    file: "src/operator/troubles.ts",
    find: "this.#kept.size < MOST ?",
    replace: "this.#kept.size < 100 * MOST ?",
    tests: [TROUBLES],
  },
  {
    name: "old troubles are never forgotten",
    file: "src/operator/troubles.ts",
    find: "nowMs - lastMs > KEPT_MS",
    replace: "lastMs - nowMs > KEPT_MS",
    tests: [TROUBLES],
  },
  {
    name: "repairs of the network are not counted",
    file: "src/host/network/upkeep.ts",
    find: "    this.#repairs++;\n",
    replace: "",
    tests: [UPKEEP],
  },
  {
    name: "losses of the storage daemon are not counted",
    file: "src/host/volumes/storage-daemon.ts",
    find: "        this.#options.counts.losses++;\n",
    replace: "",
    tests: [VOLUMES],
  },
  {
    name: "imagings that are over count as under way",
    file: "src/host/volumes/copy-jobs.ts",
    find: 'return [...this.#jobs.values()].filter(({ state }) => state.state === "running").length;',
    replace: "return this.#jobs.size + 1;",
    tests: [VOLUMES],
  },
];
