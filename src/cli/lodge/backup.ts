/** `lodge backup`: the state of a cloud as one file, while the daemon runs or not. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { failed, missing, usage } from "../../base/errors.ts";
import { openKeyring } from "../../base/keyring.ts";
import { rewrapped } from "../../drives/wrapped-secrets.ts";
import { type Home, homeDirectory, openHome } from "../../home.ts";
import { nextMasterKey } from "../../master-key.ts";
import { ensureEmbedded } from "../../store/open.ts";
import { type BackupFacts, type WrapAnew, writeBackup } from "../../store/sqlite/backup.ts";
import { keyringOf, newSalt, readPassphrase } from "./passphrase.ts";
import { only, parse, print } from "./subcommand.ts";

/**
 * Takes FILE, which must not be there, and either a passphrase or the word that drives' keys are left out. Errors: `usage`;
 * `missing` where there is no store; `failed` when a key does not open, and then there is no file.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, {
    home: { type: "string" },
    "passphrase-file": { type: "string" },
    "without-keys": { type: "boolean", default: false },
  });
  const file = only(positionals, "backup takes one FILE to write");
  const { "passphrase-file": passphraseFile, "without-keys": withoutKeys } = values;
  if ((passphraseFile !== undefined) === withoutKeys) {
    throw usage(
      "backup takes --passphrase-file FILE, or --without-keys: then encrypted drives cannot be read",
    );
  }
  if (existsSync(file)) throw usage(`${file} is there already`);
  const dir = homeDirectory(values.home);
  ensureEmbedded(dir);
  if (!existsSync(join(dir, "lodge.db"))) throw missing(`there is no store in ${dir}`);
  const home = openHome(dir);
  const { keys, wrap } = wrapping(home, passphraseFile);
  const facts = { madeMs: Date.now(), keys, identity: readFileSync(join(dir, "identity.json"), "utf8") };
  const counts = writeBackup(join(dir, "lodge.db"), file, facts, wrap);
  print(
    `${file}: ${counts.users} users, ${counts.drives} drives, ${counts.servers} servers`,
    keys.are === "wrapped"
      ? "The drives' keys are in it, wrapped by the passphrase."
      : "The drives' keys are not in it: encrypted drives cannot be read by what it restores.",
    `What is on the drives is not in it: that is in ${join(dir, "drives")}.`,
  );
}

function wrapping(
  home: Home,
  passphraseFile: string | undefined,
): { readonly keys: BackupFacts["keys"]; readonly wrap: WrapAnew } {
  if (passphraseFile === undefined) return { keys: { are: "left out" }, wrap: () => null };
  const salt = newSalt();
  const to = keyringOf(readPassphrase(passphraseFile), salt);
  // A change of the master key that was interrupted has left two, of which one opens all.
  const next = nextMasterKey(home.dir);
  const from = [home.masterKey, ...(next === null ? [] : [next])].map(openKeyring);
  const wrap: WrapAnew = (object, wrapped) => {
    for (const keyring of from) {
      const anew = rewrapped(keyring, to, object, wrapped);
      if (anew !== null) return anew;
    }
    throw failed(`the key of ${object} does not open with the master key (${home.masterKeySource})`);
  };
  return { keys: { are: "wrapped", salt }, wrap };
}
