/**
 * The serial ports of all servers of a host. What each said last is in a folder of the home, so that it can be read after its end and
 * after a restart of the daemon: until its next start, a week at most.
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { DAY_MS, HOUR_MS } from "../../../base/durations.ts";
import { ensureFolder } from "../../../base/folder.ts";
import type { SerialView } from "../../host.ts";
import { History, serverOfFile } from "./history.ts";
import { Port } from "./port.ts";
import { Turns } from "./turns.ts";

/** How long what a server said is kept that has not run since. */
const KEPT_MS = 7 * DAY_MS;
/** How often is looked for what is too old. */
const LOOK_MS = 6 * HOUR_MS;

export type SerialOptions = {
  /** The home of the cloud. */
  readonly home: string;
  /** Told of what cannot be kept of a server, or removed of any. */
  readonly onTrouble: (server: string | null, error: unknown) => void;
};

export class SerialPorts {
  readonly #folder: string;
  readonly #options: SerialOptions;
  readonly #turns = new Turns();
  readonly #held = { bytes: 0 };
  readonly #ports = new Map<string, Port>();
  #looked = Number.NEGATIVE_INFINITY;

  constructor(options: SerialOptions) {
    this.#options = options;
    this.#folder = join(options.home, "serial");
    ensureFolder(this.#folder, 0o700);
  }

  /**
   * Has the port of a server whose QEMU listens at that socket; does nothing where it has it.
   *
   * @param isNew it was launched just now: what an earlier run said is forgotten
   */
  hold(uuid: string, path: string, isNew: boolean): void {
    const before = this.#ports.get(uuid);
    if (before !== undefined && !isNew) return;
    before?.cut();
    const onTrouble = (error: unknown) => this.#options.onTrouble(uuid, error);
    const history = before?.history ?? this.#historyOf(uuid);
    if (isNew) history.clear().catch(onTrouble);
    const { turns, held } = { turns: this.#turns, held: this.#held };
    this.#ports.set(uuid, new Port({ path, history, turns, held, onTrouble }));
  }

  /** The server's QEMU is gone. */
  async end(uuid: string): Promise<void> {
    const port = this.#ports.get(uuid);
    await port?.end();
    // Another run of it may have begun meanwhile.
    if (this.#ports.get(uuid) === port) this.#ports.delete(uuid);
  }

  /** Of a server that does not run, the stream is at its end. Errors: the disk's; DeadlineExceeded. */
  async open(uuid: string): Promise<SerialView> {
    const port = this.#ports.get(uuid);
    if (port !== undefined) return port.open();
    return { history: await this.#historyOf(uuid).read(), bytes: atItsEnd() };
  }

  /** Forgets what the server said. */
  async forget(uuid: string): Promise<void> {
    await (this.#ports.get(uuid)?.history ?? this.#historyOf(uuid)).clear();
  }

  /** Removes what is too old, every now and then. */
  async housekeep(): Promise<void> {
    if (performance.now() - this.#looked < LOOK_MS) return;
    this.#looked = performance.now();
    try {
      const names = await readdir(this.#folder);
      for (const uuid of new Set(names.map(serverOfFile))) {
        if (uuid !== null && !this.#ports.has(uuid) && (await this.#isOld(uuid, names)))
          await this.forget(uuid);
      }
    } catch (error) {
      this.#options.onTrouble(null, error);
    }
  }

  /** Lets go of all, which run on. */
  close(): void {
    for (const port of this.#ports.values()) port.close();
    this.#ports.clear();
  }

  #historyOf(uuid: string): History {
    return new History(this.#folder, uuid);
  }

  async #isOld(uuid: string, names: readonly string[]): Promise<boolean> {
    const own = names.filter((name) => serverOfFile(name) === uuid);
    const times = await Promise.all(own.map(async (name) => (await stat(join(this.#folder, name))).mtimeMs));
    return Date.now() - Math.max(...times) > KEPT_MS;
  }
}

const atItsEnd = (): Duplex =>
  new Duplex({
    read() {
      this.push(null);
    },
    write: (_bytes, _encoding, done) => done(),
    allowHalfOpen: false,
  });
