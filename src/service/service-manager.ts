/**
 * Telling the service manager that started the daemon how it is: that it is ready, that it stops, and, as long as it is
 * well, a beat (sd_notify(3), systemd.service(5) `Type=notify` and `WatchdogSec=`). Messages go by systemd-notify(1), a
 * program of systemd's own, since they are datagrams of a Unix socket, which Node has not.
 */
import { DeadlineExceeded, within } from "../base/deadline.ts";
import { run } from "../host/process/process.ts";

const NOTIFY = "systemd-notify";
const TOLD_MS = 10_000;
/** A beat may come late, and one may be lost, before the manager takes the daemon for dead. */
const BEATS_IN_TIME = 3;

export type ServiceManager = {
  /** The start is over. `status` is what the manager shows to people, in one line. */
  ready(status: string): Promise<void>;
  /**
   * Tells a beat at a time until `stopping`, where the manager waits for any: each after `answers` has settled in time.
   * That it fails is an answer; that it does not settle says that the daemon hangs, and the manager starts it anew.
   */
  beat(answers: () => Promise<unknown>): void;
  /** The stop has begun. No beats are told any more. */
  stopping(): Promise<void>;
};

/**
 * The manager that started this process, or null where none did. What says so is taken out of `env`: processes that this
 * one starts do not speak for it. What cannot be told is `onTrouble`'s, and nothing else comes of it.
 */
export function serviceManager(
  env: NodeJS.ProcessEnv,
  onTrouble: (error: unknown) => void,
): ServiceManager | null {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: wait, WATCHDOG_PID: pid } = env;
  for (const name of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) delete env[name];
  if (!socket) return null;
  // Without a process named it is this one's (sd_watchdog_enabled(3)).
  const isOurs = !pid || Number(pid) === process.pid;
  const everyMs = isOurs && wait ? Number(wait) / 1000 / BEATS_IN_TIME : 0;
  return new Notifier(socket, everyMs > 0 ? everyMs : null, onTrouble);
}

class Notifier implements ServiceManager {
  readonly #socket: string;
  /** Null where nobody waits for beats. */
  readonly #everyMs: number | null;
  readonly #onTrouble: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(socket: string, everyMs: number | null, onTrouble: (error: unknown) => void) {
    this.#socket = socket;
    this.#everyMs = everyMs;
    this.#onTrouble = onTrouble;
  }

  ready(status: string): Promise<void> {
    return this.#tell("READY=1", `STATUS=${status}`);
  }

  beat(answers: () => Promise<unknown>): void {
    const everyMs = this.#everyMs;
    if (everyMs === null || this.#isStopping) return;
    this.#timer = setTimeout(async () => {
      if (await this.#isWell(answers, everyMs)) await this.#tell("WATCHDOG=1");
      this.beat(answers);
    }, everyMs);
    this.#timer.unref();
  }

  stopping(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    return this.#tell("STOPPING=1");
  }

  async #isWell(answers: () => Promise<unknown>, withinMs: number): Promise<boolean> {
    try {
      await within(withinMs, "the answer that a beat tells of", answers());
    } catch (error) {
      if (!(error instanceof DeadlineExceeded)) return true;
      this.#onTrouble(error);
      return false;
    }
    return true;
  }

  async #tell(...lines: readonly string[]): Promise<void> {
    try {
      await run([NOTIFY, ...lines], "", { deadlineMs: TOLD_MS, env: { NOTIFY_SOCKET: this.#socket } });
    } catch (error) {
      this.#onTrouble(error);
    }
  }
}
