/** Certificates that vouch for themselves, made by openssl. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** The files of a certificate and its key; whoever trusts `cert` takes it for any of its names. */
export type CertificateFiles = { readonly cert: string; readonly key: string };

/**
 * Writes both into the folder.
 *
 * @param names as openssl has them: `DNS:api.example.org`, `IP:127.0.0.1`
 * @param name of the files
 */
export function writeCertificate(folder: string, names: readonly string[], name = "api"): CertificateFiles {
  const [cert, key] = [join(folder, `${name}.cert.pem`), join(folder, `${name}.key.pem`)];
  const words = [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
    ...["-subj", "/CN=lodge-test", "-addext", `subjectAltName=${names.join(",")}`],
    ...["-keyout", key, "-out", cert],
  ];
  execFileSync("openssl", words, { stdio: "pipe" });
  return { cert, key };
}
