/**
 * The secret of an encrypted drive: 256 random bits of its own as text, kept wrapped by the cloud's master key
 * (AES-256-GCM), bound to the drive's uuid so that a row cannot be given another's secret.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Wraps and unwraps secrets with one master key. */
export type Keyring = {
  /** A new secret for the drive: the text itself and its wrapped form. */
  make(drive: string): { readonly secret: string; readonly wrapped: string };
  /** A wrapped form of the drive's secret. */
  wrap(drive: string, secret: string): string;
  /** The secret in a wrapped form. Errors: the master key is another, or the row was tampered with. */
  unwrap(drive: string, wrapped: string): string;
};

/** @param masterKey 32 bytes */
export function openKeyring(masterKey: Buffer): Keyring {
  const wrap = (drive: string, secret: string) => {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", masterKey, nonce).setAAD(Buffer.from(drive));
    const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
  };
  return {
    make(drive) {
      // Text, as QEMU takes only valid UTF-8 for a secret.
      const secret = randomBytes(32).toString("hex");
      return { secret, wrapped: wrap(drive, secret) };
    },
    wrap,
    unwrap(drive, wrapped) {
      const bytes = Buffer.from(wrapped, "base64");
      const decipher = createDecipheriv("aes-256-gcm", masterKey, bytes.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(drive))
        .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const sealed = bytes.subarray(NONCE_BYTES + TAG_BYTES);
      return decipher.update(sealed, undefined, "utf8") + decipher.final("utf8");
    },
  };
}
