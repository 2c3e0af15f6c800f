/**
 * Another master key in the place of a home's. All secrets are wrapped anew in one transaction, and which key wrapped
 * them is what opens them: so at each moment one of the keys that are written down opens all of them, and whoever opens
 * the home next finds out which.
 */
import { failed } from "./base/errors.ts";
import { openKeyring } from "./base/keyring.ts";
import { hasSecrets, isWrappedBy, rewrapAll } from "./drives/wrapped-secrets.ts";
import type { Home } from "./home.ts";
import {
  dropMasterKeyFile,
  dropNextMasterKey,
  newMasterKey,
  nextMasterKey,
  placeNextMasterKey,
  writeNextMasterKey,
} from "./master-key.ts";
import type { Store } from "./store/store.ts";

/**
 * The master key that the store's secrets are wrapped with; a change of it that was interrupted is finished or undone.
 * One is made where there are no secrets. For who holds the home's lock. Errors: `failed` when there is no key for the
 * secrets that there are, or it opens none of them.
 */
export async function settledMasterKey(home: Home, store: Store): Promise<Buffer> {
  const next = nextMasterKey(home.dir);
  if (next !== null && (await isWrappedBy(store, openKeyring(next))) === true) {
    placeNextMasterKey(home.dir);
    return next;
  }
  if (next !== null) dropNextMasterKey(home.dir);
  // Where there are some, another key in the place of one that is gone would open none.
  if (!(await hasSecrets(store))) home.ensureMasterKey();
  const key = home.masterKey;
  if ((await isWrappedBy(store, openKeyring(key))) !== false) return key;
  throw failed(
    `the master key (${home.masterKeySource}) opens none of the drives' keys in the store: put back the one that they were wrapped with`,
  );
}

/** Called between the steps, for tests that end it there. */
type Between = (step: "written" | "wrapped") => void;

/**
 * Wraps all secrets with another key: one that this makes and puts into the home's file, or one that is kept elsewhere.
 * Answers how many there were. For who holds the home's lock. It may be repeated from wherever it was interrupted. Errors:
 * as `settledMasterKey`; `failed`, and nothing is changed, when a secret does not open.
 *
 * @param elsewhere the key that is kept elsewhere, null to make one
 */
export async function rekey(
  home: Home,
  store: Store,
  elsewhere: Buffer | null,
  between: Between = () => {},
): Promise<number> {
  if (elsewhere !== null && (await isWrappedBy(store, openKeyring(elsewhere))) === true) {
    // It was interrupted when all was done but this.
    dropMasterKeyFile(home.dir);
    return 0;
  }
  const before = await settledMasterKey(home, store);
  const key = elsewhere ?? newMasterKey();
  if (elsewhere === null) writeNextMasterKey(home.dir, key);
  between("written");
  const count = await rewrapAll(store, openKeyring(before), openKeyring(key));
  between("wrapped");
  if (elsewhere === null) placeNextMasterKey(home.dir);
  else dropMasterKeyFile(home.dir);
  return count;
}
