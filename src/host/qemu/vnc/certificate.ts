/**
 * The cloud's certificate for VNC over TLS (spec: vnc:tls): two PEM files that the operator puts into the home, the
 * certificate with those that vouch for it behind it, and its key. Without them TLS is anonymous.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Certificate, parseCertificate } from "../../../base/certificate.ts";

/** Null where the home has none. Errors: one file is there without the other, or they are not what they should be. */
export async function readCertificate(home: string): Promise<Certificate | null> {
  const [chain, key] = await Promise.all([read(home, "cert.pem"), read(home, "key.pem")]);
  if (chain === null && key === null) return null;
  if (chain === null) throw new Error("tls/key.pem is there, but tls/cert.pem is not");
  if (key === null) throw new Error("tls/cert.pem is there, but tls/key.pem is not");
  return parseCertificate({ chain, key }, { chain: "tls/cert.pem", key: "tls/key.pem" });
}

async function read(home: string, name: string): Promise<string | null> {
  try {
    return await readFile(join(home, "tls", name), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
