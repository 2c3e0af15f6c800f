/**
 * Launchers of servers yet to come: a few always wait, each in a network namespace of its own with a screen's link in it, so
 * that a start waits neither for these nor for the programs that make them. Each launches one server once. What is missing is
 * made when starts are over; a start that finds none has one made for it. None outlives the daemon, however that ends.
 */
import { coalesce } from "../../base/coalesce.ts";
import type { GuestNetwork, VncListen } from "../guest-network.ts";
import { Launcher } from "../process/launcher.ts";

const WAITING = 2;
/** When the start for which one was taken is answered: making another would take its time, and the processors'. */
const REFILL_AFTER_MS = 50;

/** A launcher, and where its screen is to listen, with what leads there; null where that is still to be made. */
export type Berth = { readonly launcher: Launcher; readonly listen: VncListen | null };

export type LaunchersOptions = {
  readonly network: Pick<GuestNetwork, "reserveScreen" | "joinScreen" | "releaseScreen">;
  /** The network namespace that they come from. */
  readonly netns: string;
  /** Whether there are sandboxes; without, none can wait, since all are in one network namespace. */
  readonly isSandboxed: boolean;
  /** Told what went wrong where nobody waits for it. */
  readonly warn: (message: string, error: unknown) => void;
};

export class Launchers {
  readonly #options: LaunchersOptions;
  #waiting: { launcher: Launcher; listen: VncListen }[] = [];
  readonly #refill = coalesce(() => this.#makeMissing());
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: LaunchersOptions) {
    this.#options = options;
  }

  /** One that launches a server, with a screen or without. Errors: ProgramMissing; it cannot be started. */
  async take(hasScreen: boolean): Promise<Berth> {
    for (let next = hasScreen ? this.#waiting.shift() : undefined; next; next = this.#waiting.shift()) {
      if (next.launcher.isWaiting) return next;
      void this.discard(next);
    }
    return { launcher: await this.#start(), listen: null };
  }

  /** Gives up one that was taken and launched nothing, with what leads to its screen. */
  async discard({ launcher, listen }: Berth): Promise<void> {
    launcher.discard();
    if (listen !== null) await this.#release(listen);
  }

  /** Makes those that are missing, in a while. */
  refillLater(): void {
    if (!this.#options.isSandboxed || this.#isClosed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#refill().catch((error) => this.#warn("launchers for coming servers could not be made", error));
    }, REFILL_AFTER_MS).unref();
  }

  /** Ends those that wait; their namespaces, and what leads to these, go with them. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const { launcher } of this.#waiting.splice(0)) launcher.discard();
  }

  async #makeMissing(): Promise<void> {
    for (const dead of this.#waiting.filter(({ launcher }) => !launcher.isWaiting)) await this.discard(dead);
    this.#waiting = this.#waiting.filter(({ launcher }) => launcher.isWaiting);
    while (this.#waiting.length < WAITING && !this.#isClosed) {
      const listen = this.#options.network.reserveScreen();
      const launcher = await this.#startAt(listen);
      if (this.#isClosed) launcher.discard();
      else this.#waiting.push({ launcher, listen });
    }
  }

  async #startAt(listen: VncListen): Promise<Launcher> {
    let launcher: Launcher | null = null;
    try {
      launcher = await this.#start();
      await launcher.ready;
      await this.#options.network.joinScreen(listen, launcher.pid);
      return launcher;
    } catch (error) {
      launcher?.discard();
      await this.#release(listen);
      throw error;
    }
  }

  #start(): Promise<Launcher> {
    const { netns, isSandboxed } = this.#options;
    return Launcher.start({ netns, isSandboxed, sockets: "ip" });
  }

  async #release(listen: VncListen): Promise<void> {
    await this.#options.network
      .releaseScreen(listen)
      .catch((error) => this.#warn("what led to a screen could not be removed", error));
  }

  /** What fails while all of it is closed is nobody's. */
  #warn(message: string, error: unknown): void {
    if (!this.#isClosed) this.#options.warn(message, error);
  }
}
