/** The passphrase of a backup, and the keyring that it opens. */
import { randomBytes, scryptSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { usage } from "../../base/errors.ts";
import { type Keyring, openKeyring } from "../../base/keyring.ts";

/** scrypt (RFC 7914) with 128 MiB, about half a second: what a guess costs. */
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 } as const;
const KEY_BYTES = 32;
const SALT_BYTES = 16;

export const newSalt = (): string => randomBytes(SALT_BYTES).toString("base64");

/** Wraps with a key that comes of the passphrase. */
export const keyringOf = (passphrase: string, salt: string): Keyring =>
  openKeyring(scryptSync(passphrase, Buffer.from(salt, "base64"), KEY_BYTES, COST));

/** The first line of a file, `-` for standard input. Errors: `usage`, when it is empty or cannot be read. */
export function readPassphrase(file: string): string {
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (cause) {
    throw usage(`--passphrase-file: ${(cause as Error).message}`, { cause });
  }
  const [line = ""] = text.split(/\r?\n/);
  if (line === "") throw usage("--passphrase-file: its first line is the passphrase, and is empty");
  return line;
}
