/** Debian's Chromium, for tests and measures. They run as root in a room of their own, in which Chromium's own rooms cannot be made. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import {
  ALLOW,
  ARGUMENT_AT,
  ERRNO,
  IF_EQUAL,
  LOAD,
  NUMBER_AT,
  programOf,
  RETURN,
} from "../../src/host/process/bpf.ts";
import { hasFilter, JUDGED } from "../../src/host/process/system-calls.ts";

/** How long a page may take on a machine that has other things to do; less where somebody looks for what is wrong. */
export const PATIENCE_MS = Number(process.env.LODGE_PATIENCE_MS ?? 120_000);

/** A name by which a browser has this machine, and takes it for another. */
export const FAR = "lodge.test";

const AF_NETLINK = 16;

/**
 * Chromium gives up what it loads as an interface comes or goes (ERR_NETWORK_CHANGED), which other tests have them do on the
 * network that all share. One that cannot ask by netlink(7) takes it that there is a network, and that it stays.
 */
function withoutNetlink(): Buffer {
  if (!hasFilter()) throw new Error(`there is no filter of system calls for ${process.arch}`);
  const socket = JUDGED.socket[process.arch === "x64" ? 0 : 1];
  return programOf([
    [LOAD, NUMBER_AT],
    [IF_EQUAL, socket, 0, 3],
    [LOAD, ARGUMENT_AT],
    [IF_EQUAL, AF_NETLINK, 0, 1],
    [RETURN, ERRNO | constants.errno.EAFNOSUPPORT],
    [RETURN, ALLOW],
  ]);
}

export async function launchChromium(): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), "chromium-"));
  const filter = join(folder, "filter");
  writeFileSync(filter, withoutNetlink());
  try {
    return await chromium.launch({
      executablePath: join(import.meta.dirname, "chromium.sh"),
      env: { ...process.env, CHROMIUM_FILTER: filter },
      args: [
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        `--host-resolver-rules=MAP ${FAR} 127.0.0.1`,
      ],
      timeout: PATIENCE_MS * 2,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
