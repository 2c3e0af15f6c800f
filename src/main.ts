/** The composition: the one place where the parts of the daemon are put together. */
import { pino } from "pino";
import { firstUser } from "./accounts/first-user.ts";
import { authenticator } from "./accounts/users.ts";
import { bind } from "./api/command.ts";
import { replaceFileSync } from "./base/atomic-file.ts";
import { LodgeError } from "./base/errors.ts";
import { daemonOptions } from "./cli/lodge/options.ts";
import { openCloud } from "./cloud.ts";
import { DRIVE_COMMANDS } from "./drives/commands.ts";
import { driveCounters } from "./drives/counters.ts";
import { driveRecords } from "./drives/records.ts";
import { defaultHome, openHome } from "./home.ts";
import type { LocalHost } from "./host/local.ts";
import { openServer } from "./http/server.ts";
import { RESOURCE_COMMANDS } from "./resources/commands.ts";
import { keepHostPool } from "./resources/pools.ts";
import { resourceRecords } from "./resources/records.ts";
import { SERVER_COMMANDS } from "./servers/commands.ts";
import { guestIo } from "./servers/guest-io.ts";
import { serverRecords } from "./servers/records.ts";

/** Starts the daemon: a cloud with its API in front. */
async function main(args: readonly string[]): Promise<void> {
  const options = daemonOptions(args, process.env);
  const home = openHome(options.home ?? defaultHome(process.env, process.getuid?.() === 0));
  const log = pino(
    { level: process.env.LODGE_LOG_LEVEL || "info" },
    pino.destination({ dest: 2, sync: true }),
  );
  const logError = (error: unknown) => log.error({ err: error });
  const cloud = await openCloud(home, options, logError);
  const { store, host, lifecycle } = cloud;
  await keepHostPool(store, host.facts).catch(async (error) => {
    await cloud.close();
    throw error;
  });
  const counters = driveCounters(store, logError);

  const identify = authenticator(store);
  const server = await openServer({
    commands: [
      ...bind(DRIVE_COMMANDS, {
        ...cloud,
        records: driveRecords(store),
        counters,
        guestIo: guestIo(store, host),
      }),
      ...bind(SERVER_COMMANDS, { records: serverRecords(store), lifecycle, host }),
      ...bind(RESOURCE_COMMANDS, { store, host, records: resourceRecords(store) }),
    ],
    async authenticate(name, secret) {
      const user = await identify(name, secret);
      return user === null ? null : { user };
    },
    logger: log,
  });
  const url = `${await server.listen(options.listen)}/`;

  await cloud.imaging.resume();

  const { text, isNew } = await firstUser(store, home.file("env"), url);
  replaceFileSync(home.file("env"), text, { mode: 0o600, durable: true });
  for (const note of limits(host)) process.stdout.write(`${note}\n`);
  if (isNew) process.stdout.write(text);
  process.stdout.write(`Lodge is ready at ${url}\n`);

  const stop = async () => {
    await server.close();
    await counters.flush();
    await cloud.close();
  };
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // npm passes Ctrl-C on while the terminal sends it too: the second of the two is the same wish.
      if (stopping) return;
      stopping = true;
      stop().catch((error) => {
        logError(error);
        process.exitCode = 1;
      });
    });
  }
}

/** What this machine cannot do, a line each. */
function limits({ facts, acceleration }: LocalHost): string[] {
  const notes: string[] = [];
  if (facts.accelerator === "tcg") notes.push(`Guests are emulated, without KVM: ${acceleration.reason}.`);
  if (facts.network === "user") notes.push("Guests have user-mode networking: bridges cannot be had here.");
  if (!facts.cpuQuotas) notes.push("Servers have no CPU quotas: no control group can be used here.");
  if (!facts.separateUid) notes.push("QEMU runs as the same user as Lodge: only root can change to another.");
  if (notes.length > 0) notes.push("`bin/lodge doctor` says what to do about it.");
  return notes;
}

main(process.argv.slice(2)).catch((error) => {
  const expected = error instanceof LodgeError;
  process.stderr.write(`lodge: ${expected ? error.message : (error.stack ?? error)}\n`);
  process.exit(expected ? 2 : 1);
});
