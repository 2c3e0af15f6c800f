/** A certificate with its private key, as they are in two files in PEM. */
import { createPrivateKey, X509Certificate } from "node:crypto";

export type Certificate = {
  /** The certificate, behind it those that vouch for it, PEM. */
  readonly chain: string;
  /** Its key, PEM (PKCS #8). */
  readonly key: string;
  /** Whom it names: its alternative names, else its subject. */
  readonly names: string;
  /** When it ends. */
  readonly until: Date;
};

/**
 * Reads both. Errors: they are not what they should be, in a sentence that names the file.
 *
 * @param files how a sentence names them
 */
export function parseCertificate(
  { chain, key: keyText }: { readonly chain: string; readonly key: string },
  files: { readonly chain: string; readonly key: string },
): Certificate {
  const certificate = parsed(`${files.chain} holds no certificate in PEM`, () => new X509Certificate(chain));
  const key = parsed(`${files.key} holds no private key in PEM without a passphrase`, () =>
    createPrivateKey(keyText),
  );
  if (!certificate.checkPrivateKey(key)) throw new Error(`${files.key} is not the key of ${files.chain}`);
  return {
    chain,
    key: String(key.export({ type: "pkcs8", format: "pem" })),
    names: certificate.subjectAltName ?? certificate.subject.replaceAll("\n", ", "),
    until: new Date(certificate.validTo),
  };
}

/** What clients call who listens at the address, so that the certificate vouches for it: the address where nothing else will do. */
export function nameIn({ chain }: Certificate, address: string): string {
  const certificate = new X509Certificate(chain);
  if (certificate.checkIP(address) !== undefined) return address;
  const names = (certificate.subjectAltName ?? "").split(", ");
  return (
    names.map((name) => /^DNS:([a-z0-9.-]+)$/i.exec(name)?.[1]).find((name) => name !== undefined) ?? address
  );
}

function parsed<T>(complaint: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new Error(complaint, { cause });
  }
}
