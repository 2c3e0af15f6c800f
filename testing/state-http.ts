/** HTTP over a state cloud: all commands of the API, with the simulated host behind them, and all that is logged. */
import { tmpdir } from "node:os";
import { Writable } from "node:stream";
import type { TestContext } from "node:test";
import { pino } from "pino";
import { ACCOUNT_COMMANDS } from "../src/accounts/commands.ts";
import { notingAsked } from "../src/accounts/funds/warnings.ts";
import { Logins } from "../src/accounts/login.ts";
import { PROFILE_COMMANDS } from "../src/accounts/profile-commands.ts";
import { SESSION_COMMANDS } from "../src/accounts/session-commands.ts";
import { bind } from "../src/api/command.ts";
import { AUDIT_COMMANDS } from "../src/audit/commands.ts";
import { EventRecords } from "../src/audit/records.ts";
import { Trail } from "../src/audit/trail.ts";
import type { UserId } from "../src/base/ids.ts";
import { INVOICE_COMMANDS } from "../src/billing/commands/invoices.ts";
import { LEDGER_COMMANDS } from "../src/billing/commands/ledger.ts";
import { PRICING_COMMANDS } from "../src/billing/commands/pricing.ts";
import { SUBSCRIPTION_COMMANDS } from "../src/billing/commands/subscriptions.ts";
import type { ConsoleSite } from "../src/console/site.ts";
import { DRIVE_COMMANDS } from "../src/drives/commands.ts";
import { DriveCounters } from "../src/drives/counters.ts";
import { DriveRecords } from "../src/drives/records.ts";
import type { Accounts } from "../src/http/accounts.ts";
import { Scratch } from "../src/http/body/scratch.ts";
import { openServer } from "../src/http/server.ts";
import { RESOURCE_COMMANDS } from "../src/resources/commands.ts";
import { ResourceRecords } from "../src/resources/records.ts";
import { SERVER_COMMANDS } from "../src/servers/commands.ts";
import { guestIo } from "../src/servers/guest-io.ts";
import { ServerRecords } from "../src/servers/records.ts";
import { SCREEN_COMMANDS } from "../src/servers/screen-commands.ts";
import { Screens } from "../src/servers/screens.ts";
import type { Store } from "../src/store/store.ts";
import { USAGE_COMMANDS } from "../src/usage/commands.ts";
import { WEBHOOK_COMMANDS } from "../src/webhooks/commands.ts";
import { loginOf } from "./http/accounts.ts";
import type { Cloud } from "./state-cloud.ts";

export type StateHttp = {
  /** With a slash at the end. */
  readonly url: string;
  /** The header of a user, whose secret is "secret". */
  authorizationOf(user: UserId): string;
  /** The lines of the log at every level, as they are written. */
  readonly lines: string[];
};

/** Serves what the cloud's daemon is now; ends with the test. */
export async function serveState(
  t: Pick<TestContext, "after">,
  cloud: Pick<Cloud, "daemon">,
  console?: ConsoleSite,
): Promise<StateHttp> {
  const { dependencies } = cloud.daemon();
  const { store, hosts, onTrouble } = dependencies;
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
  const server = openServer({
    commands: trail.follow([
      ...bind(DRIVE_COMMANDS, {
        ...dependencies,
        records: new DriveRecords(store),
        counters,
        guestIo: guestIo(servers, hosts),
      }),
      ...bind(SERVER_COMMANDS, { ...dependencies, records: servers }),
      ...bind(SCREEN_COMMANDS, { hosts, records: servers, screens }),
      ...bind(RESOURCE_COMMANDS, { ...dependencies, records: new ResourceRecords(store) }),
      ...bind(PROFILE_COMMANDS, { ...dependencies, noteAsked: notingAsked(store, dependencies.clock) }),
      ...bind(SESSION_COMMANDS, dependencies),
      ...bind(ACCOUNT_COMMANDS, dependencies),
      ...bind(PRICING_COMMANDS, dependencies),
      ...bind(SUBSCRIPTION_COMMANDS, dependencies),
      ...bind(LEDGER_COMMANDS, dependencies),
      ...bind(USAGE_COMMANDS, dependencies),
      ...bind(INVOICE_COMMANDS, dependencies),
      ...bind(AUDIT_COMMANDS, { events: new EventRecords(store) }),
      ...bind(WEBHOOK_COMMANDS, {
        ...dependencies,
        sendNow: (...sent) => cloud.daemon().deliverer.sendNow(...sent),
      }),
    ]),
    accounts: accounts(store, logins),
    viewings: screens,
    logger: pino({ level: "trace" }, sink),
    scratch: new Scratch(tmpdir()),
    ...(console === undefined ? {} : { console }),
  });
  t.after(async () => {
    await server.close(0);
    await trail.flush();
  });
  const url = `${await server.listen({ host: "127.0.0.1", port: 0 })}/`;
  const authorizationOf = (user: UserId) => `Basic ${Buffer.from(`${user}:secret`).toString("base64")}`;
  return { url, authorizationOf, lines };
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
