/** Takes a cloud down: every server ends, and nothing of it is left outside its home. */
import { busy } from "../api/errors.ts";
import { driveImages } from "../drives/lifecycle.ts";
import { openKeyring } from "../drives/secret.ts";
import { defaultHome, openHome } from "../home.ts";
import { openLocalHost } from "../host/local.ts";
import { serverLifecycle } from "../servers/lifecycle.ts";
import { takeLock } from "../store/lock.ts";
import { openSqliteStore } from "../store/sqlite.ts";

/**
 * Does what a power cut does to the servers: persistent ones are stopped, others go. Tells `report` of each. Errors:
 * `busy` when the daemon runs.
 */
export async function takeDown(dir: string | undefined, report: (line: string) => void): Promise<void> {
  const home = openHome(dir ?? defaultHome(process.env, process.getuid?.() === 0));
  const unlock = takeLock(home.file("lodge.lock"));
  if (unlock === null) throw busy(`Lodge is running with the home ${home.dir}: stop it first`);
  const troubles: unknown[] = [];
  const onTrouble = (error: unknown) => troubles.push(error);
  const store = await openSqliteStore(home.file("lodge.db"));
  const keyring = openKeyring(home.masterKey);
  const host = await openLocalHost({
    home: home.dir,
    id: home.id,
    uid: home.uid,
    runDir: home.runDir,
    subnet: undefined,
    findDrive: driveImages(store, keyring),
    onTrouble,
  });
  const lifecycle = serverLifecycle({ store, host, keyring }, onTrouble);
  await lifecycle.reconcile();
  for (const { uuid } of host.servers.running()) {
    await lifecycle.stop(uuid);
    report(`server ${uuid} has ended`);
  }
  lifecycle.close();
  await host.close();
  await store.close();
  unlock();
  if (troubles.length > 0)
    throw new AggregateError(troubles, `not all could be removed: ${troubles.join("; ")}`);
  report(`nothing of this cloud is left outside ${home.dir}`);
}
