/** Work that is done as it is started, then every so often, and by nobody twice at once (`coalesce`). */
import { coalesce } from "./coalesce.ts";

export type PeriodicOptions = {
  readonly everyMs: number;
  /** Told why it failed, where nobody waited for it. */
  readonly onTrouble: (error: unknown) => void;
};

export class Periodic {
  readonly #work: () => Promise<void>;
  readonly #options: PeriodicOptions;
  #timer: NodeJS.Timeout | undefined;
  #isClosing = false;

  /** @param work is to end soon once `goesOn` answers false */
  constructor(work: (goesOn: () => boolean) => Promise<void>, options: PeriodicOptions) {
    this.#work = coalesce(() => work(() => !this.#isClosing));
    this.#options = options;
  }

  start(): void {
    const look = () => void this.look().catch(this.#options.onTrouble);
    this.#timer = setInterval(look, this.#options.everyMs).unref();
    look();
  }

  /** Does it now. Errors: those of the work. */
  look(): Promise<void> {
    return this.#work();
  }

  /** Settles once what is under way has ended. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#timer);
    await this.#work().catch(() => {});
  }
}
