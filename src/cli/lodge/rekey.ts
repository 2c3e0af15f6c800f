/** `lodge rekey`: another master key, with which all drives' keys are wrapped anew. */
import { busy } from "../../base/errors.ts";
import { takeLock } from "../../base/file-lock.ts";
import { openHome } from "../../home.ts";
import { keyPrinted } from "../../master-key.ts";
import { rekey } from "../../rekey.ts";
import { openStore } from "../../store/open.ts";
import { parse, print } from "./subcommand.ts";

/**
 * Makes a new key in the home's file, or takes the one that a command prints. Servers run on meanwhile; the daemon does not.
 * Errors: `usage`; `busy` when the daemon runs; `failed`, and then the key is the one that it was.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parse(args, { home: { type: "string" }, "new-command": { type: "string" } });
  const home = openHome(values.home);
  const command = values["new-command"];
  const unlock = takeLock(home.file("daemon.lock"));
  if (unlock === null) throw busy(`Lodge is running with the home ${home.dir}: stop it first`);
  try {
    const elsewhere = command === undefined ? null : keyPrinted(command, "--new-command");
    const store = await openStore(home);
    try {
      const count = await rekey(home, store, elsewhere);
      print(`${count} keys, of drives and webhooks, are wrapped with the new master key`);
    } finally {
      await store.close();
    }
    print(
      command === undefined
        ? `It is in ${home.file("master.key")}: keep a copy of it elsewhere, and start the daemon without LODGE_MASTER_KEY_COMMAND.`
        : "Start the daemon with LODGE_MASTER_KEY_COMMAND set to that command.",
    );
  } finally {
    unlock();
  }
}
