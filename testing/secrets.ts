/** A store whose drives have secrets, for tests of the master key. */
import { createUser } from "../src/accounts/users.ts";
import { openKeyring } from "../src/base/keyring.ts";
import type { Home } from "../src/home.ts";
import type { Store } from "../src/store/store.ts";

const DRIVES = ["one", "two", "three"];

/** Makes drives, by no more than their rows; answers their secrets by their names. */
export async function makeSecrets(home: Home, store: Store): Promise<ReadonlyMap<string, string>> {
  const { uuid: user } = await createUser(store, "ann");
  home.ensureMasterKey();
  const keyring = openKeyring(home.masterKey);
  const secrets = new Map<string, string>();
  for (const uuid of DRIVES) {
    const { secret, wrapped } = keyring.make(uuid);
    secrets.set(uuid, secret);
    const row = { uuid, user, phase: "ready", size_bytes: 1, cipher: "aes-xts-plain" } as const;
    const more = { wrapped_secret: wrapped, claim_type: "exclusive", properties: "{}" } as const;
    await store.transaction((tx) =>
      tx
        .insertInto("drives")
        .values({ ...row, ...more })
        .execute(),
    );
  }
  return secrets;
}

/** The secrets as they are in the store, by their drives. */
export async function wrappedSecrets(store: Store): Promise<ReadonlyMap<string, string>> {
  const rows = await store.snapshot((tx) =>
    tx.selectFrom("drives").select(["uuid", "wrapped_secret"]).execute(),
  );
  return new Map(rows.map(({ uuid, wrapped_secret }) => [uuid, wrapped_secret ?? ""]));
}

/** The secrets as they are in the store, opened with the master key. Errors: it does not open them. */
export async function secretsBy(key: Buffer, store: Store): Promise<ReadonlyMap<string, string>> {
  const keyring = openKeyring(key);
  const wrapped = await wrappedSecrets(store);
  return new Map([...wrapped].map(([uuid, text]) => [uuid, keyring.unwrap(uuid, text)]));
}
