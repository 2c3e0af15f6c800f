/**
 * What a QEMU needs to speak VeNCrypt, TLS with VNC's password within it: X509Vnc with the cloud's certificate, else
 * TLSVnc. QEMU wants a folder of files by names of its own; here these are links to descriptors that it inherits, so that
 * the key lies in no file that another process could open.
 */
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Certificate } from "../../../base/certificate.ts";
import { failed } from "../../../base/errors.ts";
import { readCertificate } from "./certificate.ts";

/** What the object that holds the credentials is called in QEMU. */
export const TLS_OBJECT = "vnc-tls";

/** Anonymous, or with a certificate that is found in `folder`. */
export type TlsCredentials =
  | { readonly kind: "anonymous" }
  | { readonly kind: "x509"; readonly folder: string };

/** The value of QEMU's `-object`. Clients show no certificate: the password is what they are known by. */
export function tlsObject(credentials: TlsCredentials): Readonly<Record<string, string | boolean>> {
  const server = { id: TLS_OBJECT, endpoint: "server", "verify-peer": false };
  if (credentials.kind === "anonymous") return { "qom-type": "tls-creds-anon", ...server };
  // Whether the certificate serves is the viewer's to say: one that has run out, or that vouches for itself, is one.
  return { "qom-type": "tls-creds-x509", ...server, dir: credentials.folder, "sanity-check": false };
}

/** The certificate to use now, null for none. Errors: `failed`, without a word about the operator's files to the user. */
export async function certificateForVnc(home: string): Promise<Certificate | null> {
  try {
    return await readCertificate(home);
  } catch (cause) {
    throw failed(
      "vnc_tls_unavailable",
      "vnc:tls cannot be had: the cloud's certificate is of no use, which is its operator's to mend",
      {
        cause,
      },
    );
  }
}

/** Makes the folder, for a process that inherits the chain and the key at these descriptors. */
export async function linkCredentials(folder: string, chain: number, key: number): Promise<TlsCredentials> {
  await mkdir(folder, { mode: 0o711 });
  // QEMU asks for authorities to check clients by, and checks none.
  const links = { "ca-cert.pem": chain, "server-cert.pem": chain, "server-key.pem": key };
  for (const [name, descriptor] of Object.entries(links)) {
    await symlink(`/dev/fd/${descriptor}`, join(folder, name));
  }
  return { kind: "x509", folder };
}
