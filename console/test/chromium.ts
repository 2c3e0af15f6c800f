/** Debian's Chromium, for tests and measures. They run as root in a room of their own, in which Chromium's own rooms cannot be made. */
import { type Browser, chromium } from "playwright-core";

/** How long a page may take on a machine that has other things to do; less where somebody looks for what is wrong. */
export const PATIENCE_MS = Number(process.env.LODGE_PATIENCE_MS ?? 120_000);

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
    timeout: PATIENCE_MS * 2,
  });
