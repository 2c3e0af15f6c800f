/**
 * The files that `npm test` leaves to `npm run test:all`: what they find out takes most of a run, and of each kind others stay that
 * go the same ways. What stays is chosen so that the coverage of `src/` stays above its floor.
 */

/** In a browser: a stage of pages each. Their share is the story of a user, and money. */
const CONSOLE = [
  ...["addresses", "begin", "build", "bulk", "clicks", "cloud", "cloud-pages", "cloud-parts", "commands"],
  ...["contrast", "create", "dialogs", "drives", "failing", "graphs", "keyboard", "lists", "live", "login"],
  ...["many", "moment", "over", "overview", "pages", "palette", "refusals", "requests", "retry", "screen"],
  ...["security", "serial", "servers", "theirs", "tight", "told", "twice", "upload"],
].map((name) => `console/test/${name}.test.ts`);

/** With real guests in emulation. Their share is the boot of one, the worked example and Libcloud. */
const GUESTS = [
  ...["guest/addresses", "guest/console", "guest/devices", "guest/images", "guest/imaging", "guest/life"],
  ...["guest/network", "guest/restart", "guest/seed", "guest/serial", "guest/status", "guest/vnc-tls"],
  ...["clients/facts", "conformance/networks", "conformance/placement"],
].map((name) => `test/${name}.test.ts`);

/** Whole daemons, again and again. */
const DAEMONS = [
  ...["accounts", "invoices", "operator", "proxies", "rekey-power", "start-home", "uncaught"],
  ...["conformance/cloud", "conformance/fetch", "conformance/images", "conformance/limits"],
  ...["conformance/openapi", "conformance/repeats", "conformance/samples", "conformance/sharing"],
  ...["hostile/memory", "integrations/fossbilling", "integrations/whmcs", "security/inner-faults"],
  ...["security/screens", "security/words", "state/can"],
].map((name) => `test/${name}.test.ts`);

/** The tests of state on PostgreSQL. Their share is what drives do there; on SQLite all of them run. */
const POSTGRES = [
  ...["accounts", "money", "resources", "servers"].map((name) => `test/state/postgres-${name}.test.ts`),
  "src/store/postgres/failover.test.ts",
];

/** Real volumes, QEMUs and networks, their faults in every order. */
const HOST = [
  ...["network/counting", "network/kind", "network/pools", "network/takeover", "network/vlans"],
  ...["network/world", "qemu/adoption", "qemu/launchers", "qemu/vnc/viewers", "volumes/cages"],
  ...["volumes/copy-jobs-faults", "volumes/drive-model", "volumes/effects"],
].map((name) => `src/host/${name}.test.ts`);

/** Programs of the command line, started for each of their cases. */
const PROGRAMS = [
  ...["client/answer", "client/closed-outputs", "client/file-names", "client/proxied", "client/resume"],
  ...["client/transfers", "lodge/completion/completion", "lodge/pool"],
].map((name) => `src/cli/${name}.test.ts`);

/** The sample system, booted as late as can be. */
const SYSTEMS = ["systems/sample/boot.test.ts"];

export const LONG: readonly string[] = [
  ...[...CONSOLE, ...GUESTS, ...DAEMONS, ...POSTGRES],
  ...[...HOST, ...PROGRAMS, ...SYSTEMS],
];
