/**
 * The cloud's certificate for VNC over TLS (spec: vnc:tls): two PEM files that the operator puts into the home, the
 * certificate with those that vouch for it behind it, and its key. Without them TLS is anonymous.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

export type Certificate = {
  /** The certificate and its chain, PEM. */
  readonly chain: string;
  /** Its key, PEM (PKCS #8). */
  readonly key: string;
  /** Whom it names: its alternative names, else its subject. */
  readonly names: string;
  /** When it ends. */
  readonly until: Date;
};

/** Null where the home has none. Errors: one file is there without the other, or they are not what they should be. */
export async function readCertificate(home: string): Promise<Certificate | null> {
  const [chain, keyText] = await Promise.all([read(home, "cert.pem"), read(home, "key.pem")]);
  if (chain === null && keyText === null) return null;
  if (chain === null) throw new Error("tls/key.pem is there, but tls/cert.pem is not");
  if (keyText === null) throw new Error("tls/cert.pem is there, but tls/key.pem is not");
  const certificate = parsed("tls/cert.pem holds no certificate in PEM", () => new X509Certificate(chain));
  const key: KeyObject = parsed("tls/key.pem holds no private key in PEM without a passphrase", () =>
    createPrivateKey(keyText),
  );
  if (!certificate.checkPrivateKey(key)) throw new Error("tls/key.pem is not the key of tls/cert.pem");
  return {
    chain,
    key: String(key.export({ type: "pkcs8", format: "pem" })),
    names: certificate.subjectAltName ?? certificate.subject.replaceAll("\n", ", "),
    until: new Date(certificate.validTo),
  };
}

async function read(home: string, name: string): Promise<string | null> {
  try {
    return await readFile(join(home, "tls", name), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function parsed<T>(complaint: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new Error(complaint, { cause });
  }
}
