/**
 * The secret of an encrypted drive, or of a webhook: 256 random bits of its own as text, kept wrapped by the cloud's master
 * key (AES-256-GCM), bound to the object's uuid so that a row cannot be given another's secret. So is a server's user data.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Wraps and unwraps secrets with one master key. */
export type Keyring = {
  /** A new secret for the object: the text itself and its wrapped form. */
  make(object: string): { readonly secret: string; readonly wrapped: string };
  /** A wrapped form of the object's secret. */
  wrap(object: string, secret: string): string;
  /** The secret in a wrapped form. Errors: the master key is another, or the row was tampered with. */
  unwrap(object: string, wrapped: string): string;
};

/** @param masterKey 32 bytes */
export function openKeyring(masterKey: Buffer): Keyring {
  const wrap = (object: string, secret: string) => {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", masterKey, nonce).setAAD(Buffer.from(object));
    const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
  };
  return {
    make(object) {
      // Text, as QEMU takes only valid UTF-8 for a secret.
      const secret = randomBytes(32).toString("hex");
      return { secret, wrapped: wrap(object, secret) };
    },
    wrap,
    unwrap(object, wrapped) {
      const bytes = Buffer.from(wrapped, "base64");
      const decipher = createDecipheriv("aes-256-gcm", masterKey, bytes.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(object))
        .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const sealed = bytes.subarray(NONCE_BYTES + TAG_BYTES);
      return decipher.update(sealed, undefined, "utf8") + decipher.final("utf8");
    },
  };
}
