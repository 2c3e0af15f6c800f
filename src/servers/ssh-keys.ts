/**
 * Public keys as OpenSSH writes them, a line each (sshd(8), AUTHORIZED_KEYS FILE FORMAT): type, base64, comment. Options
 * before a key, such as `command=`, are for who writes the guest's files: `user-data` can. What the base64 holds is a
 * sequence of fields, each behind its length (RFC 4251, `string`; RFC 4253, 6.6; RFC 5656; RFC 8709; OpenSSH, PROTOCOL.u2f).
 */
import { z } from "zod";
import { textInValue } from "../api/lines.ts";
import { shown } from "../api/shown.ts";

const MOST_KEYS = 50;
/** Of all of them, as they come. */
const MOST_CHARACTERS = 16 * 1024;
const LENGTH_BYTES = 4;
const ED25519_BYTES = 32;

/** The fields of each type behind its name, and how long the one is that has a fixed length. */
const TYPES: Readonly<
  Record<string, { readonly fields: number; readonly first?: number; readonly curve?: string }>
> = {
  "ssh-ed25519": { fields: 1, first: ED25519_BYTES },
  "ssh-rsa": { fields: 2 },
  "ecdsa-sha2-nistp256": { fields: 2, curve: "nistp256" },
  "ecdsa-sha2-nistp384": { fields: 2, curve: "nistp384" },
  "ecdsa-sha2-nistp521": { fields: 2, curve: "nistp521" },
  "sk-ssh-ed25519@openssh.com": { fields: 2, first: ED25519_BYTES },
  "sk-ecdsa-sha2-nistp256@openssh.com": { fields: 3, curve: "nistp256" },
};

export const SSH_KEYS_TAKES =
  `at most ${MOST_KEYS} public keys as OpenSSH writes them, such as 'ssh-ed25519 AAAA… name', ` +
  `without options, with the two characters \\n between, in ${MOST_CHARACTERS} characters`;

/** The value of `ssh:keys`, which is kept as it came. */
export const sshKeys = z
  .string()
  .max(MOST_CHARACTERS)
  .superRefine((value, context) => {
    const instead = faultIn(sshKeysIn(value));
    if (instead !== null) context.addIssue({ code: "custom", params: { instead } });
  });

/** The keys that a value names, a line each, without what surrounds them. */
export const sshKeysIn = (value: string): readonly string[] =>
  textInValue(value)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** What came in the place of keys; null where all are well. */
function faultIn(keys: readonly string[]): string | null {
  if (keys.length === 0) return "blank lines";
  if (keys.length > MOST_KEYS) return `${keys.length} keys`;
  for (const [index, key] of keys.entries()) {
    const fault = faultOf(key);
    if (fault !== null) return keys.length === 1 ? fault : `${fault} (line ${index + 1})`;
  }
  return null;
}

function faultOf(key: string): string | null {
  if (/PRIVATE KEY/.test(key)) return "a private key: it is to stay where it is";
  const [type = "", base64 = ""] = key.split(/ +/, 2);
  const form = TYPES[type];
  if (form === undefined) {
    const isBehindOptions = Object.keys(TYPES).some((known) => key.includes(` ${known} `));
    return isBehindOptions ? "a key behind options" : shown(key);
  }
  const fields = fieldsIn(base64);
  if (fields === null || fields.length !== form.fields + 1)
    return `a key of ${type} that is cut off or damaged`;
  const [name, first] = fields.map((field) => field.toString("latin1"));
  if (name !== type) return `a key of ${shown(name ?? "")} that says it is of ${type}`;
  if (form.curve !== undefined && first !== form.curve) return `a key of ${type} that is of another curve`;
  if (form.first !== undefined && first?.length !== form.first) return `a key of ${type} of another length`;
  return null;
}

/** The fields that a key's base64 holds, to its very end; null where it is none. */
function fieldsIn(base64: string): readonly Buffer[] | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  const bytes = Buffer.from(base64, "base64");
  if (bytes.toString("base64") !== base64) return null;
  const fields: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < LENGTH_BYTES) return null;
    const from = at + LENGTH_BYTES;
    at = from + bytes.readUInt32BE(at);
    if (at > bytes.length || at === from) return null;
    fields.push(bytes.subarray(from, at));
  }
  return fields;
}
