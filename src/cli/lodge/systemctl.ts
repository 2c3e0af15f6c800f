/** Asking systemd, where it is what runs the machine (sd_booted(3)). */
import { existsSync } from "node:fs";
import { run } from "../../host/process/process.ts";

/** Longer than the unit may take to stop, and then to start. */
const DEADLINE_MS = 12 * 60_000;

export const systemdRuns = (): boolean => existsSync("/run/systemd/system");

/** Errors: what systemctl said. */
export async function systemctl(...words: readonly string[]): Promise<string> {
  return await run(["systemctl", ...words], "", { deadlineMs: DEADLINE_MS });
}
