/** The callers of a simulation: what they ask of the daemons, at random, one thing after the other. */
import { DeadlineExceeded } from "../../src/base/deadline.ts";
import { LodgeError } from "../../src/base/errors.ts";
import { CommitUnknown, StoreFull, StoreUnavailable } from "../../src/base/store-errors.ts";
import { Outdated, Unreachable } from "../../src/host/errors.ts";
import { Asking, type AskingOptions } from "./asking.ts";
import { createDrive, destroyDrive, image, look, read, setDrive, write } from "./drive-acts.ts";
import { createResource, destroyResource } from "./resource-acts.ts";
import { createServer, destroyServer, run, setServer, tell } from "./server-acts.ts";
import { Lost } from "./side.ts";

const ACTS = [
  ...["create drive", "create drive", "set drive", "resize", "resize", "destroy drive"],
  ...["write", "write", "write", "read", "image", "image"],
  ...["create server", "create server", "start", "start", "start", "stop", "stop", "destroy server"],
  ...["set server", "set server", "power down", "reset", "look", "look"],
  ...["create resource", "destroy resource"],
] as const;

type Act = (typeof ACTS)[number];

export class Callers {
  readonly #options: AskingOptions;
  readonly #asking: Asking;
  #underWay = 0;
  #isQuiet = true;

  constructor(options: AskingOptions) {
    this.#options = options;
    this.#asking = new Asking(options);
  }

  /** How many wait for an answer. */
  get underWay(): number {
    return this.#underWay;
  }

  /** So many ask, one thing after the other, until it is quiet. */
  begin(callers: number): void {
    this.#isQuiet = false;
    for (let caller = 0; caller < callers; caller++) this.#soon();
  }

  /** Nobody asks for anything from now on. */
  quiet(): void {
    this.#isQuiet = true;
  }

  #soon(): void {
    const { agenda, weather } = this.#options;
    const pauseMs = weather.happens(0.3) ? 0 : weather.chance() ** 2 * 400;
    agenda.enter("a caller asks", pauseMs, null, () => {
      if (this.#isQuiet) return;
      this.#underWay++;
      void this.#act().finally(() => {
        this.#underWay--;
        this.#soon();
      });
    });
  }

  async #act(): Promise<void> {
    const { agenda, weather, onViolation } = this.#options;
    const act = weather.pick(ACTS);
    agenda.stir(act);
    try {
      await this.#do(act);
    } catch (error) {
      agenda.stir(error instanceof LodgeError ? error.code : String(error));
      if (!isAnswer(error))
        onViolation(new Error(`${act} ended in no answer, but in ${error}`, { cause: error }));
    }
  }

  #do(act: Act): Promise<unknown> {
    const asking = this.#asking;
    switch (act) {
      case "create drive":
        return createDrive(asking);
      case "set drive":
      case "resize":
        return setDrive(asking, act === "resize");
      case "destroy drive":
        return destroyDrive(asking);
      case "write":
        return write(asking);
      case "read":
        return read(asking);
      case "image":
        return image(asking);
      case "create server":
        return createServer(asking);
      case "start":
      case "stop":
        return run(asking, act);
      case "destroy server":
        return destroyServer(asking);
      case "set server":
        return setServer(asking);
      case "power down":
      case "reset":
        return tell(asking, act);
      case "look":
        return look(asking);
      case "create resource":
        return createResource(asking);
      case "destroy resource":
        return destroyResource(asking);
    }
  }
}

/** Whether a command may end so: an answer, one that tells to try again, or none. */
function isAnswer(error: unknown): boolean {
  return [
    LodgeError,
    Unreachable,
    DeadlineExceeded,
    Outdated,
    StoreFull,
    StoreUnavailable,
    CommitUnknown,
    Lost,
  ].some((kind) => error instanceof kind);
}
