/**
 * The secret of a key (spec: introduction): 256 random bits, so a plain hash of it is as good as a slow one. It is shown
 * once, and kept nowhere.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** How many of its characters are kept, to tell it by. */
const HINT_CHARACTERS = 4;

export const newSecret = (): string => randomBytes(32).toString("base64url");

/** What the store knows of a secret. */
export const secretColumns = (secret: string) => ({
  sha256: sha256(secret),
  hint: secret.slice(-HINT_CHARACTERS),
});

/** The one of them whose secret it is, null where it is none's. */
export function keyOfSecret<Key extends { readonly sha256: string }>(
  keys: readonly Key[],
  secret: string,
): Key | null {
  const came = Buffer.from(sha256(secret), "hex");
  const isIts = ({ sha256: kept }: Key) => {
    const known = Buffer.from(kept, "hex");
    return known.length === came.length && timingSafeEqual(came, known);
  };
  return keys.find(isIts) ?? null;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
