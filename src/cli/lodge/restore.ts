/** `lodge restore`: a home out of a backup. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createFileSync } from "../../base/atomic-file.ts";
import { busy, usage } from "../../base/errors.ts";
import { takeLock } from "../../base/file-lock.ts";
import { openKeyring } from "../../base/keyring.ts";
import { rewrapped } from "../../drives/wrapped-secrets.ts";
import { homeDirectory, openHome } from "../../home.ts";
import { type BackupFacts, readBackup, restoreBackup, type WrapAnew } from "../../store/sqlite/backup.ts";
import { keyringOf, readPassphrase } from "./passphrase.ts";
import { only, parse, print } from "./subcommand.ts";

/**
 * Makes the store of a home that has none. What else is in the home stays: drives' files that the backup does not know are
 * kept, and told by `lodge status`. Until the store is there, whole, it may be repeated. Errors: `usage`; `busy`.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, {
    home: { type: "string" },
    "passphrase-file": { type: "string" },
  });
  const file = only(positionals, "restore takes the FILE that lodge backup made");
  const dir = homeDirectory(values.home);
  const facts = readBackup(file);
  const passphraseFile = values["passphrase-file"];
  if (facts.keys.are === "wrapped" && passphraseFile === undefined) {
    throw usage(`the drives' keys in ${file} are wrapped by a passphrase: give it with --passphrase-file`);
  }
  ensureNoStore(dir);
  mkdirSync(dir, { recursive: true, mode: 0o711 });
  ensureIdentity(join(dir, "identity.json"), facts.identity);
  const home = openHome(dir);
  const unlock = takeLock(home.file("daemon.lock"));
  if (unlock === null) throw busy(`Lodge is running with the home ${dir}`);
  try {
    home.ensureMasterKey();
    const wrap = wrapping(file, facts, passphraseFile, home.masterKey);
    const counts = restoreBackup(file, home.file("lodge.db"), wrap);
    const made = new Date(facts.madeMs).toISOString();
    print(
      `${dir} is as it was at ${made}: ${counts.users} users, ${counts.drives} drives, ${counts.servers} servers`,
      ...(facts.hasChecksum
        ? []
        : [`${file} bears no checksum, as an earlier version made it: damage to it would not show.`]),
      "Once the daemon runs, lodge status says what is there that the backup does not know, and which drives are lost.",
    );
  } finally {
    unlock();
  }
}

function ensureNoStore(dir: string): void {
  for (const name of ["lodge.db", "lodge.db-wal", "database"]) {
    if (existsSync(join(dir, name)))
      throw usage(`${dir} has a store (${name}): restore into a home that has none`);
  }
}

/** The home is the one that was backed up: what it runs outside of its folder bears its name. Errors: `usage`. */
function ensureIdentity(file: string, identity: string): void {
  if (createFileSync(file, identity, { mode: 0o644 })) return;
  if (readFileSync(file, "utf8") === identity) return;
  throw usage(`${file} is that of another cloud than the backup's: restore into an empty home`);
}

function wrapping(
  file: string,
  { keys }: BackupFacts,
  passphraseFile: string | undefined,
  masterKey: Buffer,
): WrapAnew {
  if (keys.are === "left out" || passphraseFile === undefined) return () => null;
  const from = keyringOf(readPassphrase(passphraseFile), keys.salt);
  const to = openKeyring(masterKey);
  return (object, wrapped) => {
    const anew = rewrapped(from, to, object, wrapped);
    if (anew === null) throw usage(`the passphrase does not open the drives' keys in ${file}`);
    return anew;
  };
}
