/**
 * Judging what a loss of power left of a home: all that was answered is there, and of what was under way all or nothing. Of the
 * files themselves, without a daemon, which takes milliseconds; and by a daemon, which takes seconds and sees all.
 */
import assert from "node:assert/strict";
import { chownSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { Cloud } from "../cloud.ts";
import type { Recording } from "./recording.ts";
import { HOME } from "./recording.ts";
import type { Known, KnownDrive } from "./script.ts";

/** What may be: as it was before what is under way, or after it. */
export type May = { readonly before: Known; readonly after: Known };

const SECTOR_BYTES = 512;

type DriveRow = { uuid: string; phase: string; size_bytes: number; cipher: string; properties: string };
type ServerRow = { phase: string; config: string };
type ResourceRow = { properties: string };

/** Errors: what is not so. The files are opened, so that they are changed. */
export function judgeFiles(
  folder: string,
  { before, after }: May,
  { kept }: Recording,
  answers: number,
): void {
  const home = join(folder, HOME);
  if (answers > 0) {
    for (const [name, text] of kept) assert.equal(readText(join(home, name)), text, name);
  }
  const file = join(home, "lodge.db");
  if (answers === 0 && !existsSync(file)) return;
  const database = new Database(file);
  try {
    assert.equal(database.pragma("integrity_check", { simple: true }), "ok");
    if (
      answers === 0 &&
      database.prepare("select 1 from sqlite_master where name = 'drives'").get() === undefined
    )
      return;
    judgeRows(database, home, { before, after });
  } finally {
    database.close();
  }
}

function judgeRows(database: Database.Database, home: string, { before, after }: May): void {
  const rows = database.prepare<[], DriveRow>("select * from drives").all();
  const ready = new Map(
    rows.filter(({ phase }) => phase === "ready").map((row) => [nameIn(row.properties), row]),
  );
  judgeNames("drives", [...ready.keys()], before.drives, after.drives);
  for (const [name, row] of ready) {
    const may = [before.drives.get(name), after.drives.get(name)].filter((each) => each !== undefined);
    assert.ok(
      may.some(({ size }) => size === row.size_bytes),
      `size of drive ${name}`,
    );
    judgeDriveFile(home, row, may);
  }
  const servers = database.prepare<[], ServerRow>("select * from servers").all();
  const made = servers.filter(({ phase }) => phase !== "creating" && phase !== "destroying");
  judgeNames(
    "servers",
    made.map(({ config }) => nameIn(config)),
    before.servers,
    after.servers,
  );
  for (const { config } of made) {
    const name = nameIn(config);
    const cpus = [before.servers.get(name)?.cpu, after.servers.get(name)?.cpu];
    assert.ok(cpus.includes(String(JSON.parse(config).cpu)), `cpu of server ${name} in ${config}`);
  }
  const resources = database.prepare<[], ResourceRow>("select * from resources").all();
  judgeNames(
    "resources",
    resources.map(({ properties }) => nameIn(properties)),
    before.resources,
    after.resources,
  );
}

const nameIn = (json: string) => String(JSON.parse(json).name);

type Named = { has(name: string): boolean; keys(): Iterable<string> };

function judgeNames(what: string, found: readonly string[], before: Named, after: Named): void {
  for (const name of found) assert.ok(before.has(name) || after.has(name), `${what} has ${name}`);
  const lost = [...before.keys()].filter((name) => after.has(name) && !found.includes(name));
  assert.deepEqual(lost, [], `${what} that were answered are there`);
}

function judgeDriveFile(
  home: string,
  { uuid, size_bytes: size }: DriveRow,
  may: readonly KnownDrive[],
): void {
  if (may.some(({ cipher }) => cipher !== "none")) {
    const header = readFileSync(join(home, "drives", `${uuid}.qcow2`)).subarray(0, 32);
    assert.equal(header.subarray(0, 4).toString("latin1"), "QFI\xfb", `header of drive ${uuid}`);
    const held = Number(header.readBigUInt64BE(24));
    // While it is resized the file has the one size or the other.
    const sizes = may.map((each) => Math.ceil(each.size / SECTOR_BYTES) * SECTOR_BYTES);
    assert.ok(sizes.includes(held), `size ${held} in the file of drive ${uuid}`);
    return;
  }
  const held = readFileSync(join(home, "drives", `${uuid}.raw`));
  assert.ok(held.length >= size, `size ${held.length} of the file of drive ${uuid}`);
  assert.ok(mayHold(held.subarray(0, size), may), `bytes of drive ${uuid}`);
}

/**
 * Of a write or a resize that was not answered each byte is the old one or the new one. An imaging is never seen in part:
 * a drive that becomes an image is as it was, or reads as zeroes, or is the image, and nobody was told when.
 */
function mayHold(held: Buffer, may: readonly KnownDrive[]): boolean {
  const wholes = may.flatMap(({ becoming }) =>
    becoming === undefined ? [] : [Buffer.alloc(held.length), becoming],
  );
  const [old = held, now = held] = [may[0]?.bytes, may.at(-1)?.bytes];
  if ([old, now, ...wholes].some((each) => held.equals(each))) return true;
  return held.every((byte, at) => byte === (old[at] ?? 0) || byte === (now[at] ?? 0));
}

function readText(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "(not there)";
}

/** Starts a daemon with what is left, and looks at all that its API shows. Errors: what is not so. */
export async function judgeByDaemon(
  folder: string,
  may: May,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const home = join(folder, HOME);
  giveDrivesToQemu(home);
  const cloud = new Cloud(home, env);
  try {
    await cloud.start();
    const drives = await objects(cloud, "drives/info");
    judgeNames("drives", drives.map(nameOf), may.before.drives, may.after.drives);
    for (const drive of drives) await judgeDrive(cloud, drive, may);
    const servers = await objects(cloud, "servers/info");
    judgeNames("servers", servers.map(nameOf), may.before.servers, may.after.servers);
    for (const each of servers) assert.equal(each.get("status"), "stopped");
    const resources = await objects(cloud, "resources/info");
    judgeNames("resources", resources.map(nameOf), may.before.resources, may.after.resources);
    // It goes on as if nothing had been.
    const made = await cloud.make("drives/create", { name: "next", size: 4096 });
    await cloud.act(`drives/${made.get("drive")}/destroy`);
  } finally {
    await cloud.close();
  }
}

/** A file's owner is synced with its bytes, and is not part of a recording. */
function giveDrivesToQemu(home: string): void {
  const identity = readText(join(home, "identity.json"));
  if (!identity.startsWith("{") || !existsSync(join(home, "drives"))) return;
  const { uid } = JSON.parse(identity) as { uid: number };
  for (const name of readdirSync(join(home, "drives"))) chownSync(join(home, "drives", name), uid, uid);
}

const nameOf = (object: ReadonlyMap<string, string>) => object.get("name") ?? "";

async function judgeDrive(
  cloud: Cloud,
  drive: ReadonlyMap<string, string>,
  { before, after }: May,
): Promise<void> {
  const name = nameOf(drive);
  const size = Number(drive.get("size"));
  const may = [before.drives.get(name), after.drives.get(name)].filter((each) => each !== undefined);
  const { status, bytes, text } = await cloud.ask(`drives/${drive.get("drive")}/read/0/${size}`);
  assert.equal(status, 200, text);
  assert.ok(
    may.some((each) => each.size === size),
    `size of drive ${name}`,
  );
  assert.ok(mayHold(bytes, may), `bytes of drive ${name}`);
}

async function objects(cloud: Cloud, path: string): Promise<ReadonlyMap<string, string>[]> {
  const { status, text } = await cloud.ask(path);
  assert.equal(status, 200, text);
  const parts = text.split("\n\n").filter((part) => part.trim() !== "");
  return parts.map((part) => new Map(part.trim().split("\n").map(keyAndValue)));
}

const keyAndValue = (line: string): [string, string] => {
  const at = line.indexOf(" ");
  return [line.slice(0, at), line.slice(at + 1)];
};
