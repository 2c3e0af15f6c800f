/**
 * Accounting time that a test moves: it stands in a file. Loaded before the daemon (`--import`), it takes the place of the
 * machine's own clock and of nothing else; what looks each ten seconds or each minute looks more often, as time passes faster.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { registerHooks, syncBuiltinESMExports } from "node:module";
import os from "node:os";

/** The variable of the environment that names the file: seconds since the epoch, in decimal. */
const CLOCK_FILE = "LODGE_TEST_CLOCK";
/** How often the daemon looks for what is due. */
const LOOK_MS = 500;
const LOOKS = [10_000, 60_000];

/** @public The daemon finds it in the place of the machine's clock. */
export class BootClock {
  readonly apartS = 0;

  static async open(): Promise<BootClock> {
    return new BootClock();
  }

  now(): number {
    return Number(readFileSync(process.env[CLOCK_FILE] ?? "", "utf8"));
  }

  async record(): Promise<void> {}

  close(): void {}
}

/** What makes a daemon start with such a clock. */
export const clockEnv = (file: string): Readonly<Record<string, string>> => ({
  [CLOCK_FILE]: file,
  NODE_OPTIONS: `--import=${import.meta.url}`,
});

/** Sets the clock of such a daemon. */
export function setClock(file: string, seconds: number): void {
  writeFileSync(`${file}.new`, String(seconds));
  renameSync(`${file}.new`, file);
}

if (process.env[CLOCK_FILE] !== undefined) {
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      return resolved.url.endsWith("/src/metering/boot-clock.ts")
        ? { ...resolved, url: import.meta.url }
        : resolved;
    },
  });
  // What ended has ended now: between two looks no time passes.
  const uptime = os.uptime();
  os.uptime = () => uptime;
  syncBuiltinESMExports();
  const { setInterval: every } = globalThis;
  globalThis.setInterval = ((work: () => void, ms = 1, ...given: unknown[]) =>
    every(work, LOOKS.includes(ms) ? LOOK_MS : ms, ...(given as []))) as typeof setInterval;
}
