/**
 * A caller of the rounds: one of an account's, who asks one command after the other, by chance, and writes down in the records
 * what was answered.
 */
import { gunzipSync, gzipSync } from "node:zlib";
import type { Answers, Outcome } from "./answers.ts";
import { BOOT_SECTOR } from "./guest.ts";
import { type Drive, ended, type Records, type Resource, type Server, type ServerState } from "./records.ts";

const MIB = 2 ** 20;
/** A BIOS boots from disks of a MiB and more. */
const LEAST_BYTES = MIB;
const MOST_BYTES = 1.5 * MIB;
const MOST_WRITE_BYTES = 200_000;
/** Objects of one account. */
const MOST = { drives: 6, servers: 3, resources: 3 } as const;

const ACTS = {
  createDrive: 3,
  write: 8,
  read: 4,
  writeGzip: 1,
  image: 2,
  resize: 2,
  markDrive: 1,
  destroyDrive: 2,
  createServer: 3,
  start: 4,
  stop: 3,
  shutdown: 1,
  reset: 1,
  markServer: 1,
  destroyServer: 2,
  createResource: 1,
  destroyResource: 1,
} as const;

type Act = keyof typeof ACTS;

const DRAWN = Object.entries(ACTS).flatMap(([act, times]) => Array<Act>(times).fill(act as Act));

export type CallerOptions = {
  readonly account: number;
  /** `user:secret` */
  readonly auth: string;
  readonly records: Records;
  readonly answers: Answers;
  /** Numbers from 0 up to 1. */
  readonly chance: () => number;
};

/** Of all callers: names and bytes are never the same twice. */
let serial = 0;

export class Caller {
  readonly #options: CallerOptions;

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  /** Does the next thing by chance; answers once it is written down. */
  async act(): Promise<void> {
    await this[this.#pick(DRAWN) ?? "read"]();
  }

  /** Makes a server that counts for as long as it runs. */
  async createStanding(): Promise<void> {
    const { account, records } = this.#options;
    const name = `standing-${++serial}`;
    const bytes = resized(BOOT_SECTOR, LEAST_BYTES);
    const enterDrive = (uuid: string) => {
      const state = { mark: null, markDoubt: null, inHand: false, doubt: null, touched: false };
      records.drives.set(uuid, {
        uuid,
        account,
        name,
        isShared: false,
        bytes: Buffer.alloc(bytes.length),
        ...state,
      });
    };
    const driveBody = `name ${name}\nsize ${bytes.length}\n`;
    await this.#create(
      { path: "drives/create", name: `drive-of-${name}`, body: driveBody, enter: enterDrive },
      "drive",
    );
    const drive = [...records.drives.values()].find((each) => each.name === name);
    if (drive === undefined) throw new Error("there is no drive for it");
    await this.#writeTo(drive, 0, bytes);
    const config = { name, persistent: true, drives: [drive.uuid], vlan: null, address: null };
    const enter = (uuid: string) => {
      const state = { mark: null, markDoubt: null, inHand: false, counted: null, wasReset: false };
      records.servers.set(uuid, {
        uuid,
        account,
        ...config,
        states: new Set(["active"]),
        ...state,
        stands: true,
      });
    };
    await this.#create({ path: "servers/create", name, body: serverText(config), enter }, "server");
  }

  async createDrive(): Promise<void> {
    const { account, records } = this.#options;
    if (this.#own(records.drives).length >= MOST.drives) return;
    const name = `drive-${++serial}`;
    const [sizeBytes, isShared] = [this.#sizeBytes(), this.#chance(0.3)];
    const cipher = this.#chance(0.5) ? "none" : "aes-xts-plain";
    const enter = (uuid: string) => {
      const state = { mark: null, markDoubt: null, inHand: false, doubt: null, touched: true };
      records.drives.set(uuid, { uuid, account, name, isShared, bytes: Buffer.alloc(sizeBytes), ...state });
    };
    const claim = isShared ? "claim:type shared\n" : "";
    const body = `name ${name}\nsize ${sizeBytes}\nencryption:cipher ${cipher}\n${claim}`;
    await this.#create({ path: "drives/create", name, body, enter }, "drive");
    const drive = [...records.drives.values()].find((each) => each.name === name && !each.inHand);
    if (drive !== undefined) await this.#writeTo(drive, 0, BOOT_SECTOR);
  }

  async write(): Promise<void> {
    const drive = this.#freeDrive();
    if (drive === null) return;
    const offset = BOOT_SECTOR.length + this.#number(drive.bytes.length - BOOT_SECTOR.length - 1);
    const length = 1 + this.#number(Math.min(MOST_WRITE_BYTES, drive.bytes.length - offset));
    await this.#writeTo(drive, offset, unlike(length));
  }

  /** Makes the drive one that can be gunzipped. */
  async writeGzip(): Promise<void> {
    const drive = this.#freeDrive();
    if (drive === null) return;
    const packed = gzipSync(unlike(1 + this.#number(MOST_WRITE_BYTES)));
    await this.#writeTo(drive, 0, resized(packed, drive.bytes.length));
  }

  async read(): Promise<void> {
    const drive = this.#pick(this.#own(this.#options.records.drives).filter(({ inHand }) => !inHand));
    if (drive === null) return;
    const { bytes } = drive;
    const offset = this.#number(bytes.length);
    await this.#with(drive, async () => {
      const outcome = await this.#ask(`drives/${drive.uuid}/read/${offset}/64k`);
      const end = Math.min(bytes.length, offset + 2 ** 16);
      if (outcome.came === "done" && !outcome.answer.bytes.equals(bytes.subarray(offset, end)))
        this.#options.answers.wrong.push(`drives/${drive.uuid} does not read as it was written`);
    });
  }

  async image(): Promise<void> {
    const [source, target] = [this.#freeDrive(), this.#freeDrive()];
    if (source === null || target === null || source === target) return;
    const isGzip = source.bytes.readUInt16BE() === 0x1f8b;
    const held = isGzip ? gunzipped(source.bytes) : source.bytes;
    if (held === null || held.length > target.bytes.length) return;
    const result = Buffer.alloc(target.bytes.length);
    held.copy(result);
    // Both stay in hand until somebody has looked what came of it.
    source.inHand = target.inHand = source.touched = target.touched = true;
    const outcome = await this.#post(`drives/${target.uuid}/image/${source.uuid}${isGzip ? "/gunzip" : ""}`);
    if (outcome.came === "refused") source.inHand = target.inHand = false;
    else target.doubt = { by: "image", result, isAnswered: outcome.came === "done" };
  }

  async resize(): Promise<void> {
    const drive = this.#freeDrive();
    if (drive === null) return;
    const sizeBytes = this.#sizeBytes();
    await this.#change(drive, `drives/${drive.uuid}/set`, `size ${sizeBytes}\n`, (came) => {
      if (came === "done") drive.bytes = resized(drive.bytes, sizeBytes);
      else drive.doubt = { by: "resize", sizeBytes };
    });
  }

  async markDrive(): Promise<void> {
    const drive = this.#pick(this.#own(this.#options.records.drives).filter(({ inHand }) => !inHand));
    if (drive !== null) await this.#mark(drive, `drives/${drive.uuid}/set`);
  }

  async destroyDrive(): Promise<void> {
    const { records } = this.#options;
    const drive = this.#freeDrive();
    if (drive === null || records.serversOf(drive.uuid).length > 0) return;
    await this.#change(drive, `drives/${drive.uuid}/destroy`, "", (came) => {
      if (came === "done") records.drives.delete(drive.uuid);
      else drive.doubt = { by: "destroy" };
    });
  }

  async createServer(): Promise<void> {
    const { account, records } = this.#options;
    if (this.#own(records.servers).length >= MOST.servers) return;
    const drive = this.#pick(
      this.#own(records.drives).filter(
        ({ uuid, inHand, isShared }) => !inHand && (isShared || records.serversOf(uuid).length === 0),
      ),
    );
    const [starts, persistent] = [this.#chance(0.7), this.#chance(0.7)];
    const resource = (type: Resource["type"]) =>
      this.#pick(this.#own(records.resources).filter((each) => each.type === type && !each.inHand));
    const [vlan, address] = [resource("vlan")?.resource ?? null, resource("ip")?.resource ?? null];
    const name = `server-${++serial}`;
    const drives = drive === null ? [] : [drive.uuid];
    const body = serverText({ name, persistent, drives, vlan, address });
    const enter = (uuid: string) => {
      const dead = records.killed.has(uuid);
      const states = new Set([!starts ? "stopped" : dead ? ended({ persistent }) : "active"] as const);
      const state = {
        mark: null,
        markDoubt: null,
        inHand: false,
        counted: null,
        wasReset: false,
        stands: false,
      };
      records.servers.set(uuid, { uuid, account, name, persistent, drives, vlan, address, states, ...state });
    };
    const path = starts ? "servers/create" : "servers/create/stopped";
    if (drive !== null) drive.inHand = true;
    const came = await this.#create({ path, name, body, enter }, "server");
    if (drive !== null) drive.inHand = came === "doubtful";
  }

  async start(): Promise<void> {
    await this.#life("start", "stopped", ["active"], ["active", "stopped"]);
  }

  async stop(): Promise<void> {
    const server = this.#serverThatIs("active");
    if (server === null) return;
    await this.#lifeOf(server, "stop", [ended(server)], ["active", ended(server)]);
  }

  async shutdown(): Promise<void> {
    // The guest does not listen.
    await this.#life("shutdown", "active", ["active"], ["active"]);
  }

  async reset(): Promise<void> {
    const server = this.#serverThatIs("active");
    if (server === null) return;
    server.wasReset = true;
    await this.#lifeOf(server, "reset", ["active"], ["active"]);
  }

  async destroyServer(): Promise<void> {
    const server = this.#freeServer();
    if (server !== null) await this.#lifeOf(server, "destroy", ["gone"], [...server.states, "gone"]);
  }

  async markServer(): Promise<void> {
    const server = this.#freeServer();
    if (server !== null) await this.#mark(server, `servers/${server.uuid}/set`);
  }

  async createResource(): Promise<void> {
    const { account, records } = this.#options;
    if (this.#own(records.resources).length >= MOST.resources) return;
    const type = this.#chance(0.5) ? "ip" : "vlan";
    const name = `resource-${++serial}`;
    const enter = (resource: string) => {
      records.resources.set(resource, { account, name, type, resource, inHand: false, doubt: null });
    };
    const path = `resources/${type}/create`;
    await this.#create({ path, name, body: `name ${name}\n`, enter }, "resource");
  }

  async destroyResource(): Promise<void> {
    const { records } = this.#options;
    const held = this.#own(records.resources).filter(
      (each) => !each.inHand && !records.isNamed(each.resource),
    );
    const resource = this.#pick(held);
    if (resource === null) return;
    resource.inHand = true;
    const outcome = await this.#post(`resources/${resource.type}/${resource.resource}/destroy`);
    if (outcome.came === "done") records.resources.delete(resource.resource);
    else if (outcome.came === "doubtful") resource.doubt = "destroy";
    else resource.inHand = false;
  }

  /** Creates with an Idempotency-Key. */
  async #create(
    made: { path: string; name: string; body: string; enter: (id: string) => void },
    key: "drive" | "server" | "resource",
  ): Promise<Outcome["came"]> {
    const { account, records } = this.#options;
    const { path, name, body, enter } = made;
    const outcome = await this.#ask(path, body, { "idempotency-key": name });
    if (outcome.came === "doubtful") records.unanswered.push({ account, key, ...made });
    if (outcome.came === "done") enter(valueIn(outcome.answer.text, key));
    return outcome.came;
  }

  async #writeTo(drive: Drive, offset: number, bytes: Buffer): Promise<void> {
    await this.#change(drive, `drives/${drive.uuid}/write/${offset}`, bytes, (came) => {
      if (came === "done") bytes.copy(drive.bytes, offset);
      else drive.doubt = { by: "write", offset, bytes };
    });
  }

  async #mark(object: Drive | Server, path: string): Promise<void> {
    const mark = `m${++serial}`;
    object.inHand = true;
    const outcome = await this.#ask(path, `user:mark ${mark}\n`);
    object.inHand = outcome.came === "doubtful";
    if (outcome.came === "done") object.mark = mark;
    else if (outcome.came === "doubtful") object.markDoubt = mark;
  }

  /**
   * Has the drive in hand while the command is asked; `note` writes down what came of it. It stays in hand where that is
   * in doubt.
   */
  async #change(
    drive: Drive,
    path: string,
    body: string | Buffer,
    note: (came: "done" | "doubtful") => void,
  ): Promise<void> {
    drive.inHand = drive.touched = true;
    const outcome = await this.#post(path, body);
    // What a full disk stops in the middle has written some of it.
    const isPart = outcome.came === "refused" && outcome.code === "507 disk_full" && path.includes("/write/");
    drive.inHand = outcome.came === "doubtful" || isPart;
    if (outcome.came === "done") note("done");
    else if (drive.inHand) note("doubtful");
  }

  async #life(
    verb: string,
    from: ServerState,
    done: readonly ServerState[],
    doubtful: readonly ServerState[],
  ): Promise<void> {
    const server = this.#serverThatIs(from);
    if (server !== null) await this.#lifeOf(server, verb, done, doubtful);
  }

  async #lifeOf(
    server: Server,
    verb: string,
    done: readonly ServerState[],
    doubtful: readonly ServerState[],
  ): Promise<void> {
    const { records } = this.#options;
    server.inHand = true;
    const wasKilled = records.killed.has(server.uuid);
    const outcome = await this.#post(`servers/${server.uuid}/${verb}`);
    const killed = records.killed.has(server.uuid) && !wasKilled;
    if (outcome.came === "done") {
      // One that was killed beside it may have ended before or after.
      server.states = new Set(killed ? [...done, ...server.states] : done);
      if (!server.states.has("active")) server.counted = null;
      if (verb === "start") server.wasReset = false;
    } else if (outcome.came === "doubtful") {
      server.states = new Set([...server.states, ...doubtful]);
      return;
    }
    server.inHand = killed;
  }

  #serverThatIs(state: ServerState): Server | null {
    const own = this.#own(this.#options.records.servers);
    return this.#pick(own.filter((server) => isIn(server, state)));
  }

  #freeServer(): Server | null {
    const own = this.#own(this.#options.records.servers);
    return this.#pick(own.filter(({ inHand, states, stands }) => !inHand && !stands && !states.has("gone")));
  }

  /** A drive that no server has and no command. */
  #freeDrive(): Drive | null {
    const { records } = this.#options;
    const isFree = ({ uuid, inHand }: Drive) =>
      !inHand && records.serversOf(uuid).every(({ states, inHand }) => !inHand && !states.has("active"));
    return this.#pick(this.#own(records.drives).filter(isFree));
  }

  async #with<T>(object: { inHand: boolean }, work: () => Promise<T>): Promise<T> {
    object.inHand = true;
    try {
      return await work();
    } finally {
      object.inHand = false;
    }
  }

  #post(path: string, body: string | Buffer = ""): Promise<Outcome> {
    return this.#ask(path, body);
  }

  #ask(path: string, body?: string | Buffer, headers = {}): Promise<Outcome> {
    const { answers, auth } = this.#options;
    return answers.ask(path, { auth, headers, ...(body === undefined ? {} : { body }) });
  }

  #own<T extends { readonly account: number }>(objects: ReadonlyMap<string, T>): T[] {
    return [...objects.values()].filter(({ account }) => account === this.#options.account);
  }

  #sizeBytes = () => LEAST_BYTES + this.#number(MOST_BYTES - LEAST_BYTES);
  #chance = (of: number) => this.#options.chance() < of;
  #number = (below: number) => Math.floor(this.#options.chance() * Math.max(1, below));

  #pick<T>(list: readonly T[]): T | null {
    return list[this.#number(list.length)] ?? null;
  }
}

/** Whether callers may take it for one that is so. */
const isIn = ({ inHand, states, stands }: Server, state: ServerState) =>
  !inHand && !stands && states.size === 1 && states.has(state);

/** The value of that key in an answer, empty where it has none. */
export const valueIn = (text: string, key: string): string =>
  new RegExp(`^${key} (.*)$`, "m").exec(text)?.[1] ?? "";

type Inflated = { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };

/** What the drive's bytes inflate to, null where they are no gzip stream, or anything but zeroes is behind it. */
function gunzipped(bytes: Buffer): Buffer | null {
  try {
    // With `info` it answers more than its types say: the engine, which knows where the stream ended.
    const { buffer, engine } = gunzipSync(bytes, { info: true }) as unknown as Inflated;
    return bytes.subarray(engine.bytesWritten).every((byte) => byte === 0) ? buffer : null;
  } catch {
    return null;
  }
}

/** So many bytes as are nowhere else: numbers of 8 bytes that go on. */
function unlike(length: number): Buffer {
  const bytes = Buffer.alloc(Math.ceil(length / 8) * 8);
  const first = ++serial;
  for (let at = 0; at < bytes.length; at += 8) {
    bytes.writeUInt32LE(first, at);
    bytes.writeUInt32LE(at + 1, at + 4);
  }
  return bytes.subarray(0, length);
}

/** The bytes as they are once the drive has that size. */
export function resized(bytes: Buffer, sizeBytes: number): Buffer {
  const after = Buffer.alloc(sizeBytes);
  bytes.copy(after);
  return after;
}

type Config = Pick<Server, "name" | "persistent" | "drives" | "vlan" | "address">;

function serverText({ name, persistent, drives, vlan, address }: Config): string {
  const devices = drives.map((uuid) => `ide:0:0 ${uuid}\nboot ide:0:0\n`).join("");
  const nics = `nic:0:model e1000\nnic:0:dhcp ${address ?? "auto"}\n`;
  const second = vlan === null ? "" : `nic:1:model e1000\nnic:1:vlan ${vlan}\n`;
  return `name ${name}\ncpu 500\nmem 32\npersistent ${persistent}\n${devices}${nics}${second}`;
}
