/** The composition: the one place where the parts of the daemon are put together. */
import { join, resolve } from "node:path";
import { type Logger, pino } from "pino";
import { buildDebian12 } from "../systems/debian-12/build.ts";
import { buildSampleImage } from "../systems/sample/build.ts";
import { firstUser } from "./accounts/first-user.ts";
import { Logins } from "./accounts/login.ts";
import { firstAdmin, makeSessionCode } from "./accounts/session-code.ts";
import { Trail } from "./audit/trail.ts";
import { clearUnfinished, holds, replaceFileSync } from "./base/atomic-file.ts";
import { LodgeError, sentenceOf } from "./base/errors.ts";
import { asksForHelp } from "./base/help-flag.ts";
import { LossyOutput } from "./base/lossy-output.ts";
import { visibleLines } from "./base/one-line.ts";
import { StoreFull, StoreUnavailable } from "./base/store-errors.ts";
import { setUmask } from "./base/umask.ts";
import { catchUncaught } from "./base/uncaught.ts";
import { boundCommands } from "./bound-commands.ts";
import { type CloudLog, openCloud } from "./cloud.ts";
import { ConsoleSite } from "./console/site.ts";
import { DriveCounters } from "./drives/counters.ts";
import { closedAbove, type Home, openHome } from "./home.ts";
import { closeHome } from "./home-modes.ts";
import type { HostFacts } from "./host/host.ts";
import type { LocalHost } from "./host/local.ts";
import { closeInherited } from "./host/process/inherited.ts";
import { Scratch } from "./http/body/scratch.ts";
import { Health } from "./http/health.ts";
import type { HttpServer } from "./http/http-server.ts";
import { openServer } from "./http/server.ts";
import { TlsFiles } from "./http/tls-files.ts";
import { ImageBuilder } from "./images/builder.ts";
import { here } from "./images/lease.ts";
import { ImageRecords } from "./images/records.ts";
import { EndedOperations } from "./metrics/ended-operations.ts";
import { type Observed, openAdmin, openOperatorOf, ownStatus, type Seen } from "./observation.ts";
import { Troubles } from "./operator/troubles.ts";
import { ServerRecords } from "./servers/records.ts";
import { Screens } from "./servers/screens.ts";
import { serviceManager } from "./service/service-manager.ts";
import { readSettings, SETTINGS_HELP, type Settings } from "./settings.ts";
import type { Store } from "./store/store.ts";

/** Where the console is built (`scripts/console.ts`). */
const CONSOLE = join(import.meta.dirname, "../console/dist");

/** How the systems are built that the cloud makes images of by itself. */
const RECIPES = { sample: buildSampleImage, "debian-12": buildDebian12 } as const;

const CLOSED_FOLDER =
  "QEMU, as a user of its own, does not reach the drives through this folder: chmod o+x lets it pass";
const OPEN_ADMIN =
  "metrics are told to whoever reaches this address: it takes no credentials, and has no TLS";

/** Within this, two signals are one. */
const SAME_SIGNAL_MS = 1_000;

/** Starts the daemon: a cloud with its API in front. */
async function main(args: readonly string[]): Promise<void> {
  if (asksForHelp(args)) {
    process.stdout.write(`${SETTINGS_HELP.join("\n")}\n`);
    return;
  }
  const settings = readSettings(args, process.env);
  const log = openLog(settings.logLevel);
  const tls = settings.tls && (await TlsFiles.open(settings.tls, { logger: log }));
  const home = openHome(settings.home);
  const observed = observe(log);
  closeToOthers(home, log, observed);
  const logError = (error: unknown) => log.error({ err: error });
  const manager = serviceManager(process.env, (err) => log.warn({ err }, "the service manager was not told"));
  catchUncaught(({ error, name, untold }) =>
    log.error({ ...name, untold, err: error }, "nobody caught this"),
  );
  // Whatever keeps it from coming up, nothing stays open.
  await using opened = new AsyncDisposableStack();
  const cloud = await openCloud(home, { ...settings, log: cloudLog(log, observed) });
  opened.defer(() => cloud.close());
  const counters = new DriveCounters(cloud.store, observed.onTrouble);
  opened.defer(() => counters.flush());
  const scratch = new Scratch(home.file("scratch"));
  await scratch.clear();
  // A key that was being made may be in it.
  clearUnfinished(home.dir);
  // Callers are led here, and the daemon is left running, while the store answers.
  const askStore = () =>
    cloud.store.snapshot((tx) => tx.selectFrom("hosts").select("name").limit(1).execute());
  const health = new Health(askStore);
  const logins = new Logins(cloud.store, observed.onTrouble);
  opened.defer(() => logins.flush());
  const trail = new Trail(cloud.store, observed.onTrouble);
  opened.defer(() => trail.flush());
  const builder = await builderOf(home, cloud.store, observed);
  opened.defer(() => builder.close());
  const told = { home, cloud, health, observed };
  const server = api(told, { ...settings, counters, logins, trail, builder, tls, scratch, log });
  const seen = { ...told, server };
  const admin = settings.admin === undefined ? null : await openAdmin(settings.admin, seen);
  opened.defer(() => admin?.close());
  if (admin?.isLocal === false) log.warn({ url: admin.url }, OPEN_ADMIN);
  const url = `${await server.listen(settings.listen)}/`;
  opened.defer(() => server.close());
  const operator = await openOperatorOf(seen, { api: url, admin: admin?.url ?? null });
  opened.defer(() => operator.close());

  const key = await tellApi(cloud.store, home, url, log);

  const fail = (error: unknown) => {
    logError(error);
    process.exitCode = 1;
  };
  const parts = opened.move();
  const stop = () => {
    void manager?.stopping();
    void parts.disposeAsync().catch(fail);
  };
  onSignals(stop, () => {
    log.warn("told to stop once more: requests under way are not waited for");
    server.close(0).catch(fail);
  });
  cloud.replaced.then((error) => {
    fail(error);
    stop();
  });

  // Whoever reads that it is ready may stop it at once.
  const output = new LossyOutput(1, (lost) => `${lost} lines could not be printed`);
  for (const note of limits(cloud.host, await cloud.host.facts())) output.write(`${note}\n`);
  if (key !== null) output.write(key);
  if (admin !== null) output.write(`Metrics are at ${admin.url}/metrics\n`);
  output.write(`The console is at ${await consoleLink(cloud.store, url, key !== null)}\n`);
  output.write(`Lodge is ready at ${url}\n`);
  await manager?.ready(`Ready at ${url}`);
  manager?.beat(askStore);
}

/** What builds standard images into the home. */
const builderOf = async (home: Home, store: Store, { onTrouble }: Observed) =>
  new ImageBuilder({
    records: new ImageRecords(store, await here()),
    folder: { home: home.dir, uid: home.uid },
    ...{ scratch: home.file("scratch"), recipes: RECIPES, onTrouble },
  });

/** Closes what is open in the home to others than its owner, and says what was open to whom, and what is closed to QEMU. */
function closeToOthers(home: Home, log: Logger, { troubles }: Observed): void {
  for (const { path, was, error } of closeHome(home)) {
    const message = error === undefined ? `${was}: it is closed to them now` : `${was}, and still can`;
    troubles.note("warn", `${path}: ${message}`, Date.now());
    log.warn({ path, ...(error === undefined ? {} : { err: error }) }, message);
  }
  if (home.uid === null) return;
  for (const folder of closedAbove(home.dir)) log.warn({ folder }, CLOSED_FOLDER);
}

/** Notes what the daemon does in the background, besides the log. */
function observe(log: Logger): Observed {
  const troubles = new Troubles();
  return {
    sinceMs: Date.now(),
    troubles,
    operations: new EndedOperations(),
    onTrouble(error) {
      troubles.note("error", sentenceOf(error), Date.now());
      log.error({ err: error });
    },
  };
}

/**
 * Stops at SIGINT and SIGTERM. One that comes later hurries: requests under way are not waited for any longer. One that comes
 * with the first is the same: npm passes Ctrl-C on while the terminal sends it too.
 */
function onSignals(stop: () => void, hurry: () => void): void {
  let stoppedAtMs: number | null = null;
  const signalled = () => {
    const nowMs = performance.now();
    if (stoppedAtMs !== null && nowMs >= stoppedAtMs + SAME_SIGNAL_MS) hurry();
    stoppedAtMs ??= nowMs;
    stop();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, signalled);
}

type ApiOptions = Pick<Settings, "rates" | "trustProxies"> & {
  readonly tls: TlsFiles | undefined;
  readonly scratch: Scratch;
  readonly log: Logger;
  readonly counters: DriveCounters;
  readonly logins: Logins;
  readonly trail: Trail;
  readonly builder: ImageBuilder;
};

/** The API in front of the cloud. */
function api(
  told: Omit<Seen, "server">,
  { rates, tls, trustProxies, scratch, log, counters, logins, trail, builder }: ApiOptions,
): HttpServer {
  const { cloud, health } = told;
  const servers = new ServerRecords(cloud.store);
  const sendNow: typeof cloud.deliverer.sendNow = (...sent) => cloud.deliverer.sendNow(...sent);
  const screens = new Screens({ ...cloud, records: servers, lookers: logins });
  return openServer({
    commands: trail.follow(
      boundCommands(cloud, {
        ...{ servers, counters, screens, sendNow, samples: cloud.samples, letIn: logins, builder },
        ownStatus: () => ownStatus(told),
      }),
    ),
    accounts: logins,
    viewings: screens,
    rates,
    tls,
    trustProxies,
    logger: log,
    scratch,
    health,
    console: new ConsoleSite(CONSOLE, (err) => log.error({ err }, "the console cannot be read")),
  });
}

/**
 * Writes down where the API is and who the first user is, who is made where there is none. Answers what is to be printed
 * then: the key itself on a terminal alone, as anything else may be kept where others read it.
 *
 * Errors: `failed`, a new user's key cannot be written down.
 */
async function tellApi(store: Store, home: Home, apiUrl: string, log: Logger): Promise<string | null> {
  const envFile = home.file("env");
  const write = (text: string) => {
    const env = `${text}export LODGE_HOME=${quoted(resolve(home.dir))}\n`;
    if (!holds(envFile, env)) replaceFileSync(envFile, env, { mode: 0o600 });
  };
  const { text, isNew } = await firstUser({ store, envFile, apiUrl, write, onUnwritten });
  if (!isNew) return null;
  return process.stdout.isTTY ? text : `The first user's key is in ${envFile}\n`;

  function onUnwritten(err: unknown): void {
    log.warn({ err, file: envFile }, "where the API is now could not be written down");
  }
}

/**
 * Where the console is. For whoever reads it on a terminal as the first user is made, it is their way in too, by a code that is
 * good once.
 */
async function consoleLink(store: Store, url: string, isFirst: boolean): Promise<string> {
  const address = `${url}console/`;
  if (!isFirst || !process.stdout.isTTY) return address;
  return `${address}#code=${await makeSessionCode(store, await firstAdmin(store))}`;
}

/**
 * The log, to standard error: a line that cannot be written is lost, and nothing else. It bears words of QEMU's and of
 * other programs', and is read in terminals.
 */
function openLog(level: string): Logger {
  const lost = (lines: number) => {
    const msg = `${lines} lines of the log were lost: they could not be written`;
    return JSON.stringify({ level: pino.levels.values.warn, time: Date.now(), pid: process.pid, msg });
  };
  return pino({ level }, visibleLines(new LossyOutput(2, lost)));
}

/**
 * Where the cloud's events go: lifecycles at `info`, each with its object, operation and request. What went wrong is
 * counted and remembered for a while, too.
 */
function cloudLog(log: Logger, { troubles, operations, onTrouble }: Observed): CloudLog {
  return {
    operation(happened) {
      operations.note(happened);
      const { event, operation, error } = happened;
      const { object, noun, host, action, generation, attempts, request } = operation;
      const fields = { [noun]: object, host, action, generation, attempts, request };
      const isTrouble = event === "failed" && attempts > 0;
      log[isTrouble ? "warn" : "info"]({ ...fields, ...(error === undefined ? {} : { err: error }) }, event);
    },
    unknown: ({ uuid, host, generation }) =>
      log.warn({ server: uuid, host, generation }, "it runs, unknown to the store, and is kept"),
    disagreement: ({ drive, host, is }) =>
      is === "unknown"
        ? log.warn({ drive, host }, "its file is there, unknown to the store, and is kept")
        : log.error({ drive, host }, "it is lost: its file is not there"),
    trouble: onTrouble,
    ended: ({ uuid, host, generation, left }) =>
      log.info(
        { server: uuid, host, generation },
        left === "stopped" ? "it has ended by itself, and is stopped" : "it has ended by itself, and is gone",
      ),
    host(host, { level, message, ...fields }) {
      if (level !== "info") {
        const sentence = fields.err === undefined ? message : `${message}: ${sentenceOf(fields.err)}`;
        troubles.note(level, sentence, Date.now());
      }
      log[level]({ host, ...fields }, message);
    },
  };
}

/** As one word of a shell. */
const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** What this machine cannot do, a line each. */
function limits({ acceleration, sandboxObstacle }: LocalHost, facts: HostFacts): string[] {
  const notes: string[] = [];
  if (facts.accelerator === "tcg") notes.push(`Guests are emulated, without KVM: ${acceleration.reason}.`);
  if (facts.network === "user") notes.push("Guests have user-mode networking: bridges cannot be had here.");
  if (!facts.cpuQuotas) notes.push("Servers have no CPU quotas: no control group can be used here.");
  if (!facts.separateUid) notes.push("QEMU runs as the same user as Lodge: only root can change to another.");
  if (sandboxObstacle !== null)
    notes.push(`A guest that breaks out of its QEMU sees the whole machine: ${sandboxObstacle}.`);
  if (notes.length > 0) notes.push("`bin/lodge doctor` says what to do about it.");
  return notes;
}

setUmask();
closeInherited();
main(process.argv.slice(2)).catch((error) => {
  const expected = [LodgeError, StoreFull, StoreUnavailable].some((kind) => error instanceof kind);
  process.stderr.write(`lodge: ${expected ? error.message : (error.stack ?? error)}\n`);
  // 2: it is for whoever starts it to say or do otherwise. 1: something here is not as it should be.
  process.exit(expected && !(error instanceof LodgeError && error.type === "failed") ? 2 : 1);
});
