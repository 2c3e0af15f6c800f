/**
 * The certificate and the key of the API, in two files that the operator replaces while the daemon runs, as certbot does
 * by symlinks. The files are read at intervals: their folders may be anywhere, on file systems that tell of no change.
 */
import { readFile, stat } from "node:fs/promises";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { Logger } from "pino";
import { type Certificate, parseCertificate } from "../base/certificate.ts";
import { usage } from "../base/errors.ts";

export type TlsFileNames = { readonly cert: string; readonly key: string };

/** How often the files are read. */
const LOOK_MS = 10_000;
/** A chain of certificates has some kilobytes. */
const MOST_BYTES = 2 ** 20;
/** The key is for its owner, and for a group that reads it, as Debian's `ssl-cert` does. */
const NOT_FOR_OTHERS = 0o027;

/** Why a file cannot be read, by the code of the system's error. */
const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: "there is none",
  EACCES: "Lodge's user may not",
  EISDIR: "it is a folder",
};

/** What of a certificate TLS is spoken with. Errors: those of OpenSSL, such as for a key that is too short. */
export function secureContextOf({ chain, key }: Certificate): SecureContextOptions {
  return { cert: chain, key, minVersion: "TLSv1.2" };
}

export class TlsFiles {
  readonly #names: TlsFileNames;
  readonly #logger: Logger | undefined;
  readonly #lookMs: number;
  #current: Certificate;
  /** Why what the files held at the last look cannot be used; null where it can. */
  #complaint: string | null = null;
  #isTold = false;
  #isLooking = false;

  private constructor(names: TlsFileNames, current: Certificate, { logger, lookMs = LOOK_MS }: TlsOptions) {
    this.#names = names;
    this.#current = current;
    this.#logger = logger;
    this.#lookMs = lookMs;
  }

  /** Errors: `usage`, a file is not what it should be, in a sentence that names it. */
  static async open(names: TlsFileNames, options: TlsOptions = {}): Promise<TlsFiles> {
    const current = await readFiles(names).catch((error: Error) => {
      throw usage(`TLS (--tls-cert / LODGE_TLS_CERT, --tls-key / LODGE_TLS_KEY): ${error.message}`, {
        cause: error,
      });
    });
    const files = new TlsFiles(names, current, options);
    await files.#warn();
    return files;
  }

  /** What is in use. */
  get current(): Certificate {
    return this.#current;
  }

  /** Calls `use` with each certificate that takes the place of the one before; answers what ends that. */
  watch(use: (certificate: Certificate) => void): () => void {
    const timer = setInterval(() => void this.#look(use), this.#lookMs).unref();
    return () => clearInterval(timer);
  }

  async #look(use: (certificate: Certificate) => void): Promise<void> {
    // A file system that hangs has one look hang.
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const found = await readFiles(this.#names);
      this.#complaint = null;
      this.#isTold = false;
      if (found.chain === this.#current.chain && found.key === this.#current.key) return;
      use(found);
      this.#current = found;
      this.#logger?.info({ names: found.names, until: found.until }, "the certificate was replaced");
      await this.#warn();
    } catch (error) {
      this.#complain((error as Error).message);
    } finally {
      this.#isLooking = false;
    }
  }

  /** What is so at two looks is no replacement that is half done. */
  #complain(complaint: string): void {
    if (complaint !== this.#complaint) this.#isTold = false;
    else if (!this.#isTold) {
      this.#isTold = true;
      this.#logger?.warn({ complaint }, "the new certificate cannot be used: the one before it stays in use");
    }
    this.#complaint = complaint;
  }

  async #warn(): Promise<void> {
    const { key: file } = this.#names;
    const { mode } = await stat(file);
    if ((mode & NOT_FOR_OTHERS) !== 0) {
      const text = (mode & 0o777).toString(8).padStart(4, "0");
      this.#logger?.warn(
        { file, mode: text },
        "others may read or change the certificate's key: chmod o=,g-w",
      );
    }
    const { until } = this.#current;
    if (until.getTime() < Date.now()) this.#logger?.warn({ until }, "the certificate has run out");
  }
}

export type TlsOptions = { readonly logger?: Logger | undefined; readonly lookMs?: number };

/** Errors: a sentence that names the file. */
async function readFiles({ cert, key }: TlsFileNames): Promise<Certificate> {
  const [chain, keyText] = await Promise.all([read(cert), read(key)]);
  const certificate = parseCertificate({ chain, key: keyText }, { chain: cert, key });
  try {
    createSecureContext(secureContextOf(certificate));
  } catch (cause) {
    throw new Error(`${cert} cannot be used for TLS: ${(cause as Error).message}`, { cause });
  }
  return certificate;
}

async function read(file: string): Promise<string> {
  try {
    const found = await stat(file);
    if (found.isFile() && found.size <= MOST_BYTES) return await readFile(file, "utf8");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "";
    throw new Error(`${file} cannot be read: ${UNREADABLE[code] ?? code}`, { cause });
  }
  throw new Error(`${file} is no file of at most 1 MiB`);
}
