/** The callers of a simulation: what they ask of the daemons, at random, one thing after the other. */
import { DeadlineExceeded } from "../../src/base/deadline.ts";
import { LodgeError } from "../../src/base/errors.ts";
import { CommitUnknown, StoreFull, StoreUnavailable } from "../../src/base/store-errors.ts";
import { Outdated, Unreachable } from "../../src/host/errors.ts";
import { Client, type ClientOptions } from "./client.ts";
import { createDrive, destroyDrive, image, look, read, setDrive, write } from "./drive-requests.ts";
import { createResource, destroyResource } from "./resource-requests.ts";
import { createServer, destroyServer, run, setServer, tell } from "./server-requests.ts";
import { ConnectionLost } from "./simulated-daemon.ts";

const REQUESTS = [
  ...["create drive", "create drive", "set drive", "resize", "resize", "destroy drive"],
  ...["write", "write", "write", "read", "image", "image"],
  ...["create server", "create server", "start", "start", "start", "stop", "stop", "destroy server"],
  ...["set server", "set server", "power down", "reset", "look", "look"],
  ...["create resource", "destroy resource"],
] as const;

type RequestKind = (typeof REQUESTS)[number];

export class Callers {
  readonly #options: ClientOptions;
  readonly #client: Client;
  #underWay = 0;
  #isStopped = true;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#client = new Client(options);
  }

  /** How many wait for an answer. */
  get underWay(): number {
    return this.#underWay;
  }

  /** So many ask, one thing after the other, until they are stopped. */
  begin(callers: number): void {
    this.#isStopped = false;
    for (let caller = 0; caller < callers; caller++) this.#soon();
  }

  /** Nobody asks for anything from now on. */
  stop(): void {
    this.#isStopped = true;
  }

  #soon(): void {
    const { scheduler, random } = this.#options;
    const pauseMs = random.happens(0.3) ? 0 : random.chance() ** 2 * 400;
    scheduler.schedule("a caller asks", pauseMs, null, () => {
      if (this.#isStopped) return;
      this.#underWay++;
      void this.#request().finally(() => {
        this.#underWay--;
        this.#soon();
      });
    });
  }

  async #request(): Promise<void> {
    const { scheduler, random, onViolation } = this.#options;
    const kind = random.pick(REQUESTS);
    scheduler.hashIn(kind);
    try {
      await this.#send(kind);
    } catch (error) {
      scheduler.hashIn(error instanceof LodgeError ? error.code : String(error));
      if (!isAnswer(error))
        onViolation(new Error(`${kind} ended in no answer, but in ${error}`, { cause: error }));
    }
  }

  #send(kind: RequestKind): Promise<unknown> {
    const client = this.#client;
    switch (kind) {
      case "create drive":
        return createDrive(client);
      case "set drive":
      case "resize":
        return setDrive(client, kind === "resize");
      case "destroy drive":
        return destroyDrive(client);
      case "write":
        return write(client);
      case "read":
        return read(client);
      case "image":
        return image(client);
      case "create server":
        return createServer(client);
      case "start":
      case "stop":
        return run(client, kind);
      case "destroy server":
        return destroyServer(client);
      case "set server":
        return setServer(client);
      case "power down":
      case "reset":
        return tell(client, kind);
      case "look":
        return look(client);
      case "create resource":
        return createResource(client);
      case "destroy resource":
        return destroyResource(client);
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
    ConnectionLost,
  ].some((each) => error instanceof each);
}
