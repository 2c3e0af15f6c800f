/** The callers of a simulation: what they ask of the daemons, at random, and what they take from the answers. */
import type { Input, InputValue } from "../../src/api/properties.ts";
import { DeadlineExceeded } from "../../src/base/deadline.ts";
import { LodgeError } from "../../src/base/errors.ts";
import type { UserId } from "../../src/base/ids.ts";
import { CommitUnknown, StoreFull, StoreUnavailable } from "../../src/base/store-errors.ts";
import { Outdated, Unreachable } from "../../src/host/errors.ts";
import type { Machine } from "../simulated/machine.ts";
import type { Agenda } from "./agenda.ts";
import type { Promises } from "./promises.ts";
import type { AllRecords } from "./records.ts";
import { type Asked, Lost, type Side } from "./side.ts";
import type { Weather } from "./weather.ts";

/** How many of each there are at most, about. */
const MOST_DRIVES = 10;
const MOST_SERVERS = 8;
const MOST_RESOURCES = 4;
const NOBODYS = "00000000-0000-4000-8000-000000000000";
const SECTOR_BYTES = 512;
/** A create is asked for so often at most, until it is answered. */
const MOST_REPEATS = 4;
/** How long what one daemon recorded may be unseen by the others: SQLite's rows are kept for so long (`row-cache.ts`). */
const UNSEEN_MS = 10;

const ACTS = [
  ...["create drive", "create drive", "set drive", "resize", "resize", "destroy drive"],
  ...["write", "write", "write", "read", "image", "image"],
  ...["create server", "create server", "start", "start", "start", "stop", "stop", "destroy server"],
  ...["set server", "set server", "power down", "reset", "look", "look"],
  ...["create resource", "destroy resource"],
] as const;

type Act = (typeof ACTS)[number];
type Properties = Readonly<Record<string, InputValue>>;

export type CallersOptions = {
  readonly agenda: Agenda;
  readonly weather: Weather;
  readonly machine: Machine;
  readonly sides: readonly Side[];
  readonly promises: Promises;
  readonly users: readonly UserId[];
  readonly records: () => AllRecords;
  /** Called with what no command may end in. */
  readonly onViolation: (error: unknown) => void;
};

export class Callers {
  readonly #options: CallersOptions;
  #asked = 0;
  #underWay = 0;
  #isQuiet = true;

  constructor(options: CallersOptions) {
    this.#options = options;
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
    switch (act) {
      case "create drive":
        return this.#createDrive();
      case "set drive":
      case "resize":
        return this.#setDrive(act === "resize");
      case "destroy drive":
        return this.#destroyDrive();
      case "write":
        return this.#write();
      case "read":
        return this.#read();
      case "image":
        return this.#image();
      case "create server":
        return this.#createServer();
      case "start":
      case "stop":
        return this.#run(act);
      case "destroy server":
        return this.#destroyServer();
      case "set server":
        return this.#setServer();
      case "power down":
      case "reset":
        return this.#tell(act);
      case "look":
        return this.#look();
      case "create resource":
        return this.#createResource();
      case "destroy resource":
        return this.#destroyResource();
    }
  }

  /** Asks any daemon that is up. */
  async #ask(asked: Asked): Promise<unknown> {
    let up = this.#options.sides.filter(({ isUp }) => isUp);
    if (up.length === 0) {
      await this.#options.agenda.pass("a caller tries again", 1_000, null);
      up = this.#options.sides.filter(({ isUp }) => isUp);
      if (up.length === 0) throw new Lost();
    }
    return this.#options.weather.pick(up).ask(asked);
  }

  /** Asks for something to be made, again with the same key while nothing is known of what came of it. */
  async #create(user: UserId, path: string, properties: Properties): Promise<Map<string, unknown>> {
    const { agenda, weather } = this.#options;
    const key = weather.happens(0.5) ? `key-${++this.#asked}` : null;
    const marked = key === null ? properties : { ...properties, "user:made": key };
    for (let tries = 1; ; tries++) {
      try {
        const asked = { user, path, input: inputOf(marked), key };
        return new Map((await this.#ask(asked)) as Iterable<[string, unknown]>);
      } catch (error) {
        if (key === null || tries === MOST_REPEATS || error instanceof LodgeError) throw error;
        await agenda.pass("a caller repeats a request", weather.chance() * 3_000, null);
      }
    }
  }

  async #createDrive(): Promise<void> {
    const { weather, promises, records, users } = this.#options;
    if (records().drives.length >= MOST_DRIVES) return this.#destroyDrive();
    const name = `drive ${++this.#asked}`;
    const sizeBytes = SECTOR_BYTES * (1 + weather.number(16));
    const answer = await this.#create(weather.pick(users), "drives/create", {
      ...{ name, size: String(sizeBytes) },
      ...(weather.happens(0.25) ? { "claim:type": "shared" } : {}),
      ...(weather.happens(0.5) ? { readers: users.join(" ") } : {}),
      ...(weather.happens(0.5) ? { "encryption:cipher": "none" } : {}),
    });
    // Of one whose request was repeated, somebody may know already.
    const uuid = String(answer.get("drive"));
    if (answer.get("name") === name)
      await promises.drives.changing(
        uuid,
        async () => {},
        () => null,
      );
  }

  async #setDrive(isResized: boolean): Promise<void> {
    const { weather, promises } = this.#options;
    const { uuid, user, sizeBytes } = this.#drive();
    const name = `drive ${++this.#asked}`;
    const newBytes = isResized ? SECTOR_BYTES * (1 + weather.number(16)) : sizeBytes;
    const work = () =>
      promises.drives.changing(
        uuid,
        () =>
          this.#ask({
            ...{ user, path: "drives/DRIVE/set", params: { DRIVE: uuid } },
            input: inputOf({ name, ...(isResized ? { size: String(newBytes) } : {}) }),
          }),
        (answer) => ({ name, sizeBytes: isResized ? newBytes : Number(new Map(answer as []).get("size")) }),
      );
    if (!isResized) await work();
    else
      await promises.bytes.changing(uuid, async () => {
        await work();
        return null;
      });
  }

  async #destroyDrive(): Promise<void> {
    const { promises } = this.#options;
    const { uuid, user } = this.#drive();
    await promises.bytes.changing(uuid, async () => {
      await promises.drives.changing(
        uuid,
        () => this.#ask({ user, path: "drives/DRIVE/destroy", params: { DRIVE: uuid } }),
        () => null,
      );
      promises.gone.add(uuid);
      return null;
    });
  }

  async #write(): Promise<void> {
    const { weather, promises } = this.#options;
    const { uuid, user, sizeBytes } = this.#drive();
    const at = sizeBytes - 1;
    const value = 1 + weather.number(255);
    await promises.bytes.changing(uuid, async () => {
      const params = { DRIVE: uuid, OFFSET: String(at) };
      await this.#ask({ user, path: "drives/DRIVE/write[/OFFSET]", params, bytes: Uint8Array.of(value) });
      return { at, value };
    });
  }

  /** What was written, and acknowledged, is what is read, whichever daemon is asked. */
  async #read(): Promise<void> {
    const { promises } = this.#options;
    const { uuid, user, sizeBytes } = this.#drive();
    const written = promises.bytes.get(uuid);
    const params = { DRIVE: uuid, OFFSET: "0", SIZE: String(sizeBytes) };
    const pieces = await this.#ask({ user, path: "drives/DRIVE/read/OFFSET/SIZE", params });
    if (written === undefined || promises.bytes.get(uuid) !== written) return;
    const read = Buffer.concat(pieces as readonly Buffer[])[written.at];
    this.#expect(`byte ${written.at} of drive ${uuid}`, read, written.value);
  }

  async #image(): Promise<void> {
    const { promises, users, weather } = this.#options;
    const [target, source] = [this.#drive(), this.#drive()];
    // Who may read a drive images from it, too.
    const user = weather.happens(0.8) ? target.user : weather.pick(users);
    await promises.bytes.changing(target.uuid, async () => {
      await this.#ask({
        ...{ user, path: "drives/DRIVE/image/SOURCE[/CONVERSION]" },
        params: { DRIVE: target.uuid, SOURCE: source.uuid },
      });
      return null;
    });
  }

  async #createServer(): Promise<void> {
    const { weather, promises, records, users } = this.#options;
    if (records().servers.length >= MOST_SERVERS) return this.#destroyServer();
    const user = weather.pick(users);
    const starts = weather.happens(0.7);
    const answer = await this.#create(user, starts ? "servers/create" : "servers/create/stopped", {
      ...{ name: `server ${++this.#asked}`, cpu: String(100 + weather.number(3000)) },
      mem: String(64 + 700 * weather.number(6)),
      ...this.#devices(user),
      ...(weather.happens(0.6) ? { persistent: "true" } : {}),
    });
    const uuid = String(answer.get("server"));
    promises.runs.forget(uuid);
  }

  /** Drives, addresses and a VLAN of the user's, some of them. */
  #devices(user: UserId): Properties {
    const { weather, records } = this.#options;
    const { drives, resources } = records();
    const own = drives.filter((row) => row.user === user).map(({ uuid }) => uuid);
    const held = (type: "ip" | "vlan") =>
      resources.filter((row) => row.type === type && row.user === user).map(({ resource }) => resource);
    const properties: Record<string, InputValue> = {};
    if (own.length > 0) properties["ide:0:0"] = weather.pick(own);
    if (own.length > 1 && weather.happens(0.4)) properties["block:0"] = weather.pick(own);
    if (weather.happens(0.5)) properties["nic:0:dhcp"] = weather.pick(["auto", ...held("ip")]);
    if (weather.happens(0.3)) properties.vnc = weather.pick(["auto", ...held("ip")]);
    if (weather.happens(0.3)) properties["nic:1:vlan"] = weather.pick([...held("vlan"), NOBODYS]);
    return properties;
  }

  async #run(verb: "start" | "stop"): Promise<void> {
    const { promises } = this.#options;
    const { uuid, user, isPersistent } = this.#server();
    await promises.runs.changing(
      uuid,
      () => this.#ask({ user, path: `servers/SERVER/${verb}`, params: { SERVER: uuid } }),
      () => (verb === "start" ? "runs" : isPersistent ? "stands still" : null),
    );
  }

  async #destroyServer(): Promise<void> {
    const { promises } = this.#options;
    const { uuid, user } = this.#server();
    await promises.runs.changing(
      uuid,
      () => this.#ask({ user, path: "servers/SERVER/destroy", params: { SERVER: uuid } }),
      () => null,
    );
    promises.gone.add(uuid);
  }

  async #setServer(): Promise<void> {
    const { weather, promises } = this.#options;
    const { uuid, user } = this.#server();
    const mhz = 100 + weather.number(3000);
    await promises.speeds.changing(
      uuid,
      () =>
        this.#ask({
          ...{ user, path: "servers/SERVER/set", params: { SERVER: uuid } },
          input: inputOf({ cpu: String(mhz) }),
        }),
      () => ({ mhz }),
    );
  }

  async #tell(act: "power down" | "reset"): Promise<void> {
    const { promises } = this.#options;
    const { uuid, user } = this.#server();
    const path = act === "reset" ? "servers/SERVER/reset" : "servers/SERVER/shutdown";
    const asked = { user, path, params: { SERVER: uuid } };
    if (act === "reset") await this.#ask(asked);
    else
      await promises.runs.changing(
        uuid,
        () => this.#ask(asked),
        () => null,
      );
  }

  async #look(): Promise<void> {
    const { weather, users } = this.#options;
    if (weather.happens(0.5)) return this.#lookAtDrive();
    const lists = ["drives/info/full", "servers/info", "resources/info", "drives/list", "servers/list"];
    await this.#ask({ user: weather.pick(users), path: weather.pick(lists) });
  }

  /** What was promised of a drive is what a daemon answers, whichever it is. */
  async #lookAtDrive(): Promise<void> {
    const { agenda, promises } = this.#options;
    const { uuid, user } = this.#drive();
    const promised = promises.drives.get(uuid);
    await agenda.pass("a caller waits until all daemons see it", UNSEEN_MS, null);
    const answer = await this.#ask({ user, path: "drives/DRIVE/info", params: { DRIVE: uuid } });
    if (promised === undefined || promises.drives.get(uuid) !== promised) return;
    const info = new Map(answer as Iterable<[string, unknown]>);
    this.#expect(`the name of drive ${uuid}`, info.get("name"), promised.name);
    this.#expect(`the size of drive ${uuid}`, info.get("size"), promised.sizeBytes);
  }

  #expect(what: string, is: unknown, promised: unknown): void {
    if (is === promised) return;
    this.#options.onViolation(new Error(`${what} is answered as ${is}, and ${promised} was promised`));
  }

  async #createResource(): Promise<void> {
    const { weather, promises, records, users } = this.#options;
    if (records().resources.length >= MOST_RESOURCES) return this.#destroyResource();
    const user = weather.pick(users);
    const type = weather.pick(["ip", "vlan"]);
    const input = inputOf({ name: `resource ${++this.#asked}` });
    const answer = await this.#ask({ user, path: "resources/TYPE/create", params: { TYPE: type }, input });
    promises.held.forget(String(new Map(answer as []).get("resource")));
  }

  async #destroyResource(): Promise<void> {
    const { promises, records, weather } = this.#options;
    const { resources } = records();
    if (resources.length === 0) return;
    const { type, resource, user } = weather.pick(resources);
    await promises.held.changing(
      resource,
      () =>
        this.#ask({
          ...{ user: user as UserId, path: "resources/TYPE/RESOURCE/destroy" },
          params: { TYPE: type, RESOURCE: resource },
        }),
      () => null,
    );
    if (type === "vlan") promises.gone.add(resource);
  }

  #drive(): { readonly uuid: string; readonly user: UserId; readonly sizeBytes: number } {
    const { records, weather, users } = this.#options;
    const { drives } = records();
    if (drives.length === 0) return { uuid: NOBODYS, user: weather.pick(users), sizeBytes: 1 };
    const { uuid, user, size_bytes: sizeBytes } = weather.pick(drives);
    return { uuid, user: user as UserId, sizeBytes };
  }

  #server(): { readonly uuid: string; readonly user: UserId; readonly isPersistent: boolean } {
    const { records, weather, users } = this.#options;
    const { servers } = records();
    if (servers.length === 0) return { uuid: NOBODYS, user: weather.pick(users), isPersistent: false };
    const { uuid, user, config } = weather.pick(servers);
    return { uuid, user: user as UserId, isPersistent: JSON.parse(config).persistent === true };
  }
}

const inputOf = (properties: Properties): Input => new Map(Object.entries(properties));

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
