/**
 * Backups: the state of one moment as one file, which is a database itself, with a table that says what it is. The drives'
 * secrets are in it as whoever makes it wraps them, or not at all. Drives' bytes are not, nor is what servers used. Behind it
 * is its checksum.
 */
import Database from "better-sqlite3";
import { z } from "zod";
import { usage } from "../../base/errors.ts";
import { CLOUD_USER } from "../../base/ids.ts";
import { ensureKnown, migrations } from "../migrations/index.ts";
import { WRAPPED_COLUMNS } from "../wrapped-columns.ts";
import { openConnection } from "./connection.ts";
import { copyDatabase } from "./copy.ts";
import { appendChecksum, checkFile } from "./file-checksum.ts";
import { appliedTo } from "./migrate.ts";
import { giveBackReserve, holdReserve, isShort } from "./spare-room.ts";

const FORMAT = 1;

const FACTS = z.object({
  /** When it was made, milliseconds since the epoch. */
  madeMs: z.int(),
  /** What opens the drives' secrets: a passphrase, with this salt; or nothing, and they are not in it. */
  keys: z.discriminatedUnion("are", [
    z.object({ are: z.literal("wrapped"), salt: z.string() }),
    z.object({ are: z.literal("left out") }),
  ]),
  /** The file `identity.json` of the home. */
  identity: z.string(),
  /** Whether a checksum is behind it: those of earlier versions have none. */
  hasChecksum: z.boolean().default(false),
});

export type BackupFacts = Readonly<z.infer<typeof FACTS>>;

/** Wraps a secret anew; null leaves it out. */
export type WrapAnew = (object: string, wrapped: string) => string | null;

/** How many objects a backup has. */
export type Counts = { readonly users: number; readonly drives: number; readonly servers: number };

/** Writes a backup of the database, whether other processes work on it or not. Errors: `StoreFull`; SQLite's; the file's. */
export function writeBackup(
  database: string,
  file: string,
  facts: Omit<BackupFacts, "hasChecksum">,
  wrap: WrapAnew,
): Counts {
  // Where no process has it open, opening it needs room that is held for it.
  if (isShort(database)) giveBackReserve(database);
  const connection = openConnection(database);
  try {
    const said = JSON.stringify({ ...facts, hasChecksum: true } satisfies BackupFacts);
    const change = (copy: Database.Database) => {
      leaveOutSamples(copy);
      wrapAll(copy, wrap);
      copy.exec("create table lodge_backup (format integer not null, facts text not null)");
      copy.prepare("insert into lodge_backup values (?, ?)").run(FORMAT, said);
    };
    return changedCopy(connection, file, change, appendChecksum);
  } finally {
    connection.close();
    holdReserve(database);
  }
}

/** What a backup says of itself. Errors: `usage` when the file is none, is damaged, or a newer version made it. */
export function readBackup(file: string): BackupFacts {
  return withBackup(file, (_, facts) => facts);
}

/** Makes the database of a home out of a backup, whole or not at all. Errors: as `readBackup`, and as `writeBackup`. */
export function restoreBackup(file: string, database: string, wrap: WrapAnew): Counts {
  return withBackup(file, (backup) =>
    changedCopy(backup, database, (copy) => {
      copy.exec("drop table lodge_backup");
      wrapAll(copy, wrap);
    }),
  );
}

function changedCopy(
  from: Database.Database,
  file: string,
  change: (copy: Database.Database) => void,
  seal?: (file: string) => void,
): Counts {
  let counts: Counts = { users: 0, drives: 0, servers: 0 };
  const counted = (copy: Database.Database) => {
    change(copy);
    counts = countsOf(copy);
  };
  copyDatabase(from, file, counted, seal);
  return counts;
}

function withBackup<T>(file: string, work: (backup: Database.Database, facts: BackupFacts) => T): T {
  const { backup, checked } = openBackup(file);
  try {
    const facts = factsIn(backup, file);
    // It was cut off, with the checksum that it says it has.
    if (facts.hasChecksum && checked === "none") throw damaged(file);
    ensureKnown(appliedTo(backup), migrations("sqlite"), file);
    return work(backup, facts);
  } finally {
    backup.close();
  }
}

function openBackup(file: string) {
  let checked: ReturnType<typeof checkFile>;
  let backup: Database.Database;
  try {
    checked = checkFile(file);
    backup = new Database(file, { readonly: true, fileMustExist: true });
  } catch (cause) {
    throw usage(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  if (checked !== "damaged") return { backup, checked };
  backup.close();
  throw damaged(file);
}

function factsIn(backup: Database.Database, file: string): BackupFacts {
  let said: { format: number; facts: string } | undefined;
  try {
    said = backup.prepare<[], { format: number; facts: string }>("select * from lodge_backup").get();
  } catch (cause) {
    throw usage(`${file} is no backup that lodge backup made`, { cause });
  }
  if (said?.format !== FORMAT) throw usage(`${file} was made by a newer version of Lodge`);
  return FACTS.parse(JSON.parse(said.facts));
}

const damaged = (file: string) =>
  usage(`${file} is damaged: it is not as lodge backup wrote it, by its checksum. Take another backup`);

const hasTable = (copy: Database.Database, name: string): boolean =>
  copy.prepare("select 1 from sqlite_schema where type = 'table' and name = ?").get(name) !== undefined;

/** A backup of an earlier version has fewer of them. */
const hasColumn = (copy: Database.Database, table: string, column: string): boolean =>
  copy.prepare("select 1 from pragma_table_info(?) where name = ?").get(table, column) !== undefined;

/** They are most of what a large cloud's database holds, and nothing is lost with them but graphs of the past. */
function leaveOutSamples(copy: Database.Database): void {
  if (hasTable(copy, "samples") && copy.prepare("delete from samples").run().changes > 0) copy.exec("vacuum");
}

function wrapAll(copy: Database.Database, wrap: WrapAnew): void {
  for (const { table, id, column, objectOf } of WRAPPED_COLUMNS) {
    if (!hasColumn(copy, table, column)) continue;
    const rows = copy
      .prepare<[], { id: string; wrapped: string }>(
        `select ${id} as id, ${column} as wrapped from ${table} where ${column} is not null`,
      )
      .all();
    const set = copy.prepare(`update ${table} set ${column} = ? where ${id} = ?`);
    for (const { id, wrapped } of rows) set.run(wrap(objectOf(id), wrapped), id);
  }
}

/** Users and drives but for the cloud itself and its standard images. */
function countsOf(copy: Database.Database): Counts {
  const count = (what: string) => copy.prepare<[], number>(`select count(*) from ${what}`).pluck().get() ?? 0;
  return {
    users: count(`users where uuid <> '${CLOUD_USER}'`),
    drives: count("drives where standard is null"),
    servers: count("servers"),
  };
}
