/**
 * `user-data`: what a server's guest is to do as it comes up for the first time, for cloud-init to read. It may hold secrets.
 * So it is kept out of the configuration, wrapped by the master key, and nobody is answered it: of one that has some,
 * `user-data:size` is answered.
 */
import { z } from "zod";
import type { Changes } from "../api/input.ts";
import { textInValue } from "../api/lines.ts";
import type { Value } from "../api/properties.ts";
import { busy } from "../base/errors.ts";
import type { Keyring } from "../base/keyring.ts";
import type { Tx } from "../store/store.ts";
import type { ServersTable } from "../store/tables.ts";

const KEY = "user-data";
/** As the guest reads it; as much as others of this kind of cloud take. */
const MOST_BYTES = 16 * 1024;
/** What each byte takes at most, escaped. */
const MOST_ESCAPED = 2;

/** What cloud-init tells its kinds by: the first characters, or a header of a message in parts (RFC 2045). */
const BEGINNING = /^(?:#|mime-version:|content-type:)/i;

export const USER_DATA_TAKES =
  `text of at most ${MOST_BYTES} bytes that begins as cloud-init knows it, such as '#cloud-config' or '#!/bin/sh', ` +
  "with \\n for a newline, \\t for a tab and \\\\ for a backslash";

/** The value of `user-data`. */
export const userData = z
  .string()
  .max(MOST_ESCAPED * MOST_BYTES)
  .superRefine((value, context) => {
    const instead = faultIn(textInValue(value));
    if (instead !== null) context.addIssue({ code: "custom", params: { instead } });
  });

function faultIn(text: string): string | null {
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_BYTES) return `${bytes} bytes`;
  return BEGINNING.test(text) ? null : "text that begins with something else";
}

/** Changes of the configuration, and that of the user data beside them: undefined where there is none, null to unset it. */
export type SplitChanges = { readonly changes: Changes; readonly userData: Value | null | undefined };

export function splitUserData(all: Changes): SplitChanges {
  const changes = new Map(all);
  changes.delete(KEY);
  return { changes, userData: all.get(KEY) };
}

type Columns = Pick<ServersTable, "wrapped_secret" | "user_data_bytes">;

/** The columns of a server that has this user data. */
export function userDataColumns(keyring: Keyring, uuid: string, value: Value | null): Columns {
  if (value === null) return { wrapped_secret: null, user_data_bytes: null };
  const text = textInValue(String(value));
  return { wrapped_secret: keyring.wrap(uuid, text), user_data_bytes: Buffer.byteLength(text) };
}

export const userDataOf = (tx: Tx, uuid: string): Promise<Columns> =>
  tx
    .selectFrom("servers")
    .select(["wrapped_secret", "user_data_bytes"])
    .where("uuid", "=", uuid)
    .executeTakeFirstOrThrow();

/**
 * The user data of a server, as its guest is to read it; null where it has none. Errors: `busy` where it has some and it is not
 * there, as after a restore of a backup without keys; the keyring's.
 */
export function userDataIn(keyring: Keyring, uuid: string, columns: Columns): string | null {
  ensureUserData(uuid, columns);
  return columns.wrapped_secret === null ? null : keyring.unwrap(uuid, columns.wrapped_secret);
}

/** Errors: `busy`, as `userDataIn`. */
export function ensureUserData(uuid: string, { wrapped_secret, user_data_bytes }: Columns): void {
  if (user_data_bytes === null || wrapped_secret !== null) return;
  throw busy(
    "user_data_lost",
    `user-data of server ${uuid} was left out of a backup: set it anew, or unset it`,
    {
      key: KEY,
    },
  );
}
