/** HTTP over a state cloud: all commands of the API, with the simulated host behind them, and all that is logged. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { TestContext } from "node:test";
import { pino } from "pino";
import { Logins } from "../src/accounts/login.ts";
import { Trail } from "../src/audit/trail.ts";
import type { UserId } from "../src/base/ids.ts";
import { boundCommands } from "../src/bound-commands.ts";
import type { ConsoleSite } from "../src/console/site.ts";
import { DriveCounters } from "../src/drives/counters.ts";
import type { Accounts } from "../src/http/accounts.ts";
import { Scratch } from "../src/http/body/scratch.ts";
import { openServer } from "../src/http/server.ts";
import { ImageBuilder, type Recipe } from "../src/images/builder.ts";
import { here } from "../src/images/lease.ts";
import { ImageRecords } from "../src/images/records.ts";
import type { OwnStatus } from "../src/operator/status.ts";
import { ServerRecords } from "../src/servers/records.ts";
import { Screens } from "../src/servers/screens.ts";
import type { Store } from "../src/store/store.ts";
import { VERSION } from "../src/version.ts";
import { loginOf } from "./http/accounts.ts";
import type { Cloud } from "./state-cloud.ts";

export type StateHttp = {
  /** With a slash at the end. */
  readonly url: string;
  /** The header of a user, whose secret is "secret". */
  authorizationOf(user: UserId): string;
  /** The lines of the log at every level, as they are written. */
  readonly lines: string[];
  /** Ends it before the test does. */
  close(): Promise<void>;
};

/** What a daemon of no process of its own says of itself. */
const OWN_STATUS: OwnStatus = {
  ...{ version: VERSION, pid: process.pid, sinceMs: 1_798_761_600_000, unready: null },
  disks: {
    home: { sizeBytes: 100 * 2 ** 30, freeBytes: 60 * 2 ** 30, freeFiles: null },
    drives: null,
  },
  ...{ clockApartS: 0, outOfOrder: [], storageDaemons: { launches: 1, losses: 0 }, troubles: [] },
};

/** What is built in the place of a system, which nothing boots from here. */
const buildNothing: Recipe = (file) => writeFile(file, "a system");

/**
 * Serves what the cloud's daemon is now; ends with the test.
 *
 * @param recipe how each system is built
 */
export async function serveState(
  t: Pick<TestContext, "after">,
  cloud: Pick<Cloud, "daemon">,
  console?: ConsoleSite,
  recipe: Recipe = buildNothing,
): Promise<StateHttp> {
  const { dependencies } = cloud.daemon();
  const { store, onTrouble } = dependencies;
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const counters = new DriveCounters(store, onTrouble);
  const trail = new Trail(store, onTrouble);
  const servers = new ServerRecords(store);
  const logins = new Logins(store, onTrouble);
  const screens = new Screens({ ...dependencies, records: servers, lookers: logins });
  const home = await mkdtemp(join(tmpdir(), "lodge-images-"));
  await mkdir(join(home, "drives"));
  const builder = new ImageBuilder({
    ...{ records: new ImageRecords(store, await here()), folder: { home, uid: null } },
    ...{ scratch: home, recipes: { sample: recipe, "debian-12": recipe }, onTrouble },
  });
  const server = openServer({
    commands: trail.follow(
      boundCommands(dependencies, {
        ...{ servers, counters, screens, letIn: logins, builder },
        samples: cloud.daemon().samples,
        sendNow: (...sent) => cloud.daemon().deliverer.sendNow(...sent),
        ownStatus: async () => OWN_STATUS,
      }),
    ),
    accounts: accounts(store, logins),
    viewings: screens,
    logger: pino({ level: "trace" }, sink),
    scratch: new Scratch(tmpdir()),
    ...(console === undefined ? {} : { console }),
  });
  let closed: Promise<void> | null = null;
  const close = () => {
    closed ??= server.close(0);
    return closed;
  };
  t.after(async () => {
    await close();
    await builder.close();
    await rm(home, { recursive: true });
    await trail.flush();
  });
  const url = `${await server.listen({ host: "127.0.0.1", port: 0 })}/`;
  const authorizationOf = (user: UserId) => `Basic ${Buffer.from(`${user}:secret`).toString("base64")}`;
  return { url, authorizationOf, lines, close };
}

/** All accounts, whose keys are whose they are; "secret" opens each of them, too, as its first key does. */
function accounts(store: Store, logins: Logins): Accounts {
  return {
    find: (user) => logins.find(user),
    onChange: (user, listener) => logins.onChange(user, listener),
    async authenticate(user, secret, by) {
      if (secret !== "secret") return logins.authenticate(user, secret, by);
      const account = await logins.find(user);
      if (account === null) return null;
      const login = { ...loginOf(account.user), role: account.role };
      const [first] = await store.snapshot((tx) =>
        tx
          .selectFrom("api_keys")
          .select("uuid")
          .where("user", "=", account.user)
          .orderBy("serial")
          .limit(1)
          .execute(),
      );
      return { ...login, key: first?.uuid ?? login.key };
    },
  };
}
