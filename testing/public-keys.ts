/** Public keys in OpenSSH's form, whole or not. */

/** A key whose base64 holds these fields, each behind its length. */
export function publicKey(type: string, fields: readonly (string | Buffer)[], comment = "test"): string {
  const parts = fields.flatMap((field) => {
    const bytes = Buffer.from(field);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return `${type} ${Buffer.concat(parts).toString("base64")} ${comment}`.trim();
}

export const ed25519 = (comment?: string, fill = 7): string =>
  publicKey("ssh-ed25519", ["ssh-ed25519", Buffer.alloc(32, fill)], comment);
