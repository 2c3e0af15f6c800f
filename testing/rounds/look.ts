/**
 * Looking at a cloud that is quiet: whether each account finds its objects as the records have them, and what came of that
 * which is in doubt, which the records have for certain from then on.
 */
import assert from "node:assert/strict";
import type { Answers } from "./answers.ts";
import { resized, valueIn } from "./caller.ts";
import {
  type Drive,
  ended,
  type Records,
  type Server,
  type ServerState,
  type Unanswered,
} from "./records.ts";

export type LookOptions = {
  readonly records: Records;
  readonly answers: Answers;
  /** `user:secret` of each account. */
  readonly accounts: readonly string[];
  readonly chance: () => number;
  /** The disk was full in between: then imagings may have failed. */
  readonly wasFull: boolean;
  /** Whether to read every drive, or those alone to which something was done. */
  readonly readAll: boolean;
};

type Found = ReadonlyMap<string, string>;

export class Look {
  readonly #options: LookOptions;
  /** How many bytes of drives were read and compared. */
  bytesRead = 0;
  drivesRead = 0;

  constructor(options: LookOptions) {
    this.#options = options;
  }

  /** Errors: what is not as it was answered. */
  async run(): Promise<void> {
    const { accounts, records } = this.#options;
    await this.#repeatCreates();
    const drives: Found[] = [];
    const servers: Found[] = [];
    for (const [account, auth] of accounts.entries()) {
      const own = await this.#objects(account, auth);
      drives.push(...own.drives);
      servers.push(...own.servers);
    }
    this.#settleServers(servers);
    await this.#settleDrives(drives, servers);
    records.killed.clear();
    records.unanswered.length = 0;
    assertEachAddressOnce(records, servers);
  }

  /** A create that was not answered is repeated by its key, or found by its name, or was undone. */
  async #repeatCreates(): Promise<void> {
    const { records, answers, accounts, chance } = this.#options;
    for (const made of records.unanswered) {
      if (chance() < 0.5) continue;
      const asked = { auth: accounts[made.account] ?? "", body: made.body };
      const headers = { "idempotency-key": made.name };
      const outcome = await answers.ask(made.path, { ...asked, headers });
      assert.notEqual(outcome.came, "doubtful", `${made.path} of ${made.name}, repeated, has an answer`);
      if (outcome.came === "done") enter(records, made, valueIn(outcome.answer.text, made.key));
    }
  }

  /** What the account finds; each of its objects is in the records afterwards, and the other way round. */
  async #objects(account: number, auth: string) {
    const { records } = this.#options;
    const drives = await this.#list("drives/info", auth);
    const servers = await this.#list("servers/info", auth);
    const resources = await this.#list("resources/info", auth);
    const kinds = { drive: drives, server: servers, resource: resources };
    for (const made of records.unanswered) {
      if (made.account !== account) continue;
      const found = kinds[made.key].filter((each) => each.get("name") === made.name);
      assert.ok(found.length <= 1, `${made.name} is there once`);
      const id = found[0]?.get(made.key);
      if (id !== undefined && !isKnown(records, id)) enter(records, made, id);
    }
    for (const found of resources) {
      const known = records.resources.get(found.get("resource") ?? "");
      assert.ok(known, `resource ${found.get("resource")} of ${found.get("name")} is one that somebody made`);
      known.inHand = false;
      known.doubt = null;
    }
    const there = new Set(resources.map((each) => each.get("resource")));
    for (const [id, { account: owner, doubt, name }] of records.resources) {
      if (owner !== account || there.has(id)) continue;
      assert.ok(doubt === "destroy", `resource ${id} (${name}) is there`);
      records.resources.delete(id);
    }
    return { drives, servers };
  }

  #settleServers(found: readonly Found[]): void {
    const { records } = this.#options;
    const there = new Map(found.map((each) => [each.get("server") ?? "", each]));
    for (const [uuid, each] of there)
      assert.ok(records.servers.has(uuid), `server ${uuid} (${each.get("name")}) was made`);
    for (const server of records.servers.values()) {
      const { uuid, name, states } = server;
      const seen = there.get(uuid);
      const state = (seen?.get("status") ?? "gone") as ServerState;
      assert.ok(
        states.has(state),
        `server ${uuid} (${name}) is ${state}, and not ${[...states].join(" or ")}`,
      );
      if (seen === undefined) {
        records.servers.delete(uuid);
        continue;
      }
      server.states = new Set([state]);
      if (state !== "active") server.counted = null;
      settleMark(server, seen);
      server.inHand = false;
    }
  }

  async #settleDrives(found: readonly Found[], servers: readonly Found[]): Promise<void> {
    const { records, readAll } = this.#options;
    const there = new Map(found.map((each) => [each.get("drive") ?? "", each]));
    for (const [uuid, each] of there)
      assert.ok(records.drives.has(uuid), `drive ${uuid} (${each.get("name")}) was made`);
    for (const drive of records.drives.values()) {
      const seen = there.get(drive.uuid);
      if (seen === undefined) {
        assert.equal(drive.doubt?.by, "destroy", `drive ${drive.uuid} (${drive.name}) is there`);
        records.drives.delete(drive.uuid);
        continue;
      }
      const claimants = servers.filter(
        (each) => each.get("status") === "active" && each.get("ide:0:0") === drive.uuid,
      );
      const claimed = claimants.map((each) => each.get("server")).sort();
      assert.deepEqual(
        (seen.get("claimed") ?? "").split(" ").filter(Boolean).sort(),
        claimed,
        `claims of ${drive.uuid}`,
      );
      settleMark(drive, seen);
      if (drive.touched || readAll) await this.#settleBytes(drive, seen);
      drive.inHand = drive.touched = false;
      drive.doubt = null;
    }
  }

  async #settleBytes(drive: Drive, seen: Found): Promise<void> {
    const { uuid, bytes, doubt } = drive;
    const sizeBytes = Number(seen.get("size"));
    const read = await this.#readWhole(drive, sizeBytes);
    this.bytesRead += read.length;
    this.drivesRead++;
    const failed = seen.get("imaging:error");
    const may = mayBe(drive, failed !== undefined && this.#options.wasFull);
    assert.ok(
      may.some((each) => each.length === sizeBytes),
      `drive ${uuid} has ${sizeBytes} bytes, not ${may.map(({ length }) => length).join(" or ")}`,
    );
    const isMixed = doubt?.by === "write" && isMixture(read, bytes, doubt);
    const where = `${doubt?.by ?? "no doubt"}${failed === undefined ? "" : `, imaging:error ${failed}`}`;
    assert.ok(
      isMixed || may.some((each) => each.equals(read)),
      `drive ${uuid} (${drive.name}) reads otherwise than it was written (${where}): ${difference(read, may, doubt)}`,
    );
    drive.bytes = read;
  }

  async #readWhole({ uuid, account }: Drive, sizeBytes: number): Promise<Buffer> {
    const auth = this.#options.accounts[account] ?? "";
    const outcome = await this.#options.answers.ask(`drives/${uuid}/read/0/${sizeBytes}`, { auth });
    assert.equal(outcome.came, "done", `drive ${uuid} is read`);
    return outcome.came === "done" ? outcome.answer.bytes : Buffer.alloc(0);
  }

  async #list(path: string, auth: string): Promise<Found[]> {
    const outcome = await this.#options.answers.ask(path, { auth });
    if (outcome.came !== "done") throw new Error(`${path} is ${outcome.came}: ${outcome.code}`);
    const texts = outcome.answer.text.split("\n\n").filter((text) => text.trim() !== "");
    return texts.map((text) => new Map(text.trim().split("\n").map(keyAndValue)));
  }
}

const keyAndValue = (line: string): [string, string] => {
  const at = line.indexOf(" ");
  return [line.slice(0, at), line.slice(at + 1)];
};

const isKnown = (records: Records, id: string) =>
  records.drives.has(id) || records.servers.has(id) || records.resources.has(id);

/** Whatever was killed since: of one that starts as it is made, nobody was told. */
function enter(records: Records, made: Unanswered, id: string): void {
  made.enter(id);
  const server = records.servers.get(id);
  if (server !== undefined) server.states = new Set(["active", "stopped", ended(server)]);
}

function settleMark(object: Drive | Server, seen: Found): void {
  const mark = seen.get("user:mark") ?? null;
  const may = object.markDoubt === null ? [object.mark] : [object.mark, object.markDoubt];
  assert.ok(may.includes(mark), `${object.name} has the mark ${mark}, not ${may.join(" or ")}`);
  object.mark = mark;
  object.markDoubt = null;
}

/** What a drive may hold, but for a write of which nobody was told the end. */
function mayBe({ bytes, doubt }: Drive, mayFail: boolean): readonly Buffer[] {
  switch (doubt?.by) {
    case "resize":
      return [bytes, resized(bytes, doubt.sizeBytes)];
    case "image":
      return [
        doubt.result,
        // One that finds no room to begin leaves everything as it was.
        ...(doubt.isAnswered && !mayFail ? [] : [bytes]),
        ...(mayFail ? [Buffer.alloc(bytes.length)] : []),
      ];
    default:
      return [bytes];
  }
}

/** Whether each byte is the old one or the new one. */
function isMixture(read: Buffer, before: Buffer, doubt: { offset: number; bytes: Buffer }): boolean {
  const end = doubt.offset + doubt.bytes.length;
  if (read.length !== before.length) return false;
  if (!read.subarray(0, doubt.offset).equals(before.subarray(0, doubt.offset))) return false;
  if (!read.subarray(end).equals(before.subarray(end))) return false;
  for (let at = doubt.offset; at < end; at++) {
    if (read[at] !== before[at] && read[at] !== doubt.bytes[at - doubt.offset]) return false;
  }
  return true;
}

/** In words for whoever looks for the reason. */
function difference(read: Buffer, may: readonly Buffer[], doubt: Drive["doubt"]): string {
  const [before = read] = may;
  const isWritten = (at: number) =>
    doubt?.by === "write" && at >= doubt.offset && read[at] === doubt.bytes[at - doubt.offset];
  let at = 0;
  while (at < read.length && (read[at] === before[at] || isWritten(at))) at++;
  const shown = (bytes: Buffer) => bytes.subarray(at, at + 16).toString("hex");
  const written =
    doubt?.by === "write" ? `, written ${doubt.offset} to ${doubt.offset + doubt.bytes.length}` : "";
  return `from byte ${at} of ${read.length} ${shown(read)}, and not ${may.map(shown).join(" or ")}${written}`;
}

/** No address is given twice: a static one to a server of its own account alone. */
function assertEachAddressOnce(records: Records, servers: readonly Found[]): void {
  const given = servers.flatMap((each) =>
    each.get("status") === "active" ? [each.get("nic:0:dhcp:ip") ?? ""] : [],
  );
  assert.deepEqual(given, [...new Set(given)], "no two servers have one address");
  for (const each of servers) {
    const address = each.get("nic:0:dhcp:ip");
    if (address === undefined || each.get("status") !== "active") continue;
    const held = records.resources.get(address);
    const server = records.servers.get(each.get("server") ?? "");
    assert.ok(held === undefined || held.account === server?.account, `${address} is its account's own`);
  }
}
