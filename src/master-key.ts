/**
 * The master key of a home: 32 bytes that wrap the drives' secrets, as 64 hex digits in the file `master.key`, or printed
 * by a command of the operator's (`LODGE_MASTER_KEY_COMMAND`), which asks whatever keeps it. A new key that has not taken
 * its place yet is in the file `master.key.next` (`rekey.ts`).
 */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createFileSync, syncFolder } from "./base/atomic-file.ts";
import { failed } from "./base/errors.ts";

const SETTING = "LODGE_MASTER_KEY_COMMAND";
/** How long the command may take. */
const DEADLINE_MS = 30_000;
const KEY_BYTES = 32;
const MOST_OUTPUT_BYTES = 4096;

export const newMasterKey = (): Buffer => randomBytes(KEY_BYTES);

/** How a source of the key is named to operators. */
export const keySource = (dir: string, env: NodeJS.ProcessEnv): string =>
  env[SETTING] ? `what ${SETTING} prints` : join(dir, "master.key");

/** Makes the key's file where the key is to be in one and there is none. */
export function ensureMasterKey(dir: string, env: NodeJS.ProcessEnv): void {
  const file = join(dir, "master.key");
  if (!env[SETTING] && !existsSync(file)) writeKey(file, newMasterKey());
}

/** The key of a home. Errors: `failed` for a file or a command that gives no key, or where there is no file. */
export function readMasterKey(dir: string, env: NodeJS.ProcessEnv): Buffer {
  const command = env[SETTING];
  if (command) return keyPrinted(command, SETTING);
  const file = join(dir, "master.key");
  if (existsSync(file)) return keyIn(file);
  throw failed(
    `${file} is not there: without the key no encrypted drive can be read. Put it back from a backup`,
  );
}

/**
 * The key that a command of the operator's prints. Errors: `failed`, which names the setting and says nothing of what was
 * printed.
 *
 * @param setting where the command was said
 */
export function keyPrinted(command: string, setting: string, deadlineMs = DEADLINE_MS): Buffer {
  const { error, status, signal, stdout } = spawnSync("/bin/sh", ["-c", command], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: deadlineMs,
    killSignal: "SIGKILL",
    maxBuffer: MOST_OUTPUT_BYTES,
  });
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === "ETIMEDOUT") throw failed(`the command of ${setting} took longer than ${deadlineMs} ms`);
  if (code === "ENOBUFS") throw failed(`the command of ${setting} prints more than a key of 64 hex digits`);
  if (error !== undefined) throw failed(`the command of ${setting} could not be run`, { cause: error });
  if (status !== 0) throw failed(`the command of ${setting} ended with ${status ?? signal}`);
  return parseKey(stdout.toString("latin1"), `the command of ${setting} does not print 64 hex digits`);
}

/** The key that is to take its place, null where there is none. Errors: `failed` for a damaged file. */
export function nextMasterKey(dir: string): Buffer | null {
  const file = nextFile(dir);
  return existsSync(file) ? keyIn(file) : null;
}

/** Writes down the key that is to take its place; it is on stable storage when this returns. */
export function writeNextMasterKey(dir: string, key: Buffer): void {
  dropNextMasterKey(dir);
  writeKey(nextFile(dir), key);
}

/** The next key takes its place. */
export function placeNextMasterKey(dir: string): void {
  renameSync(nextFile(dir), join(dir, "master.key"));
  syncFolder(dir);
}

/** Nothing was wrapped with the next key. */
export function dropNextMasterKey(dir: string): void {
  rmSync(nextFile(dir), { force: true });
  syncFolder(dir);
}

/** The key is kept elsewhere from now on. */
export function dropMasterKeyFile(dir: string): void {
  rmSync(join(dir, "master.key"), { force: true });
  syncFolder(dir);
}

const nextFile = (dir: string) => join(dir, "master.key.next");

function writeKey(file: string, key: Buffer): void {
  createFileSync(file, `${key.toString("hex")}\n`, { mode: 0o600 });
}

const keyIn = (file: string) =>
  parseKey(
    readFileSync(file, "utf8"),
    `${file} is damaged: it is to hold 64 hex digits, without which no encrypted drive can be read. Put it back from a backup of the home`,
  );

function parseKey(text: string, sentence: string): Buffer {
  const digits = text.trim();
  if (!/^[0-9a-f]{64}$/i.test(digits)) throw failed(sentence);
  return Buffer.from(digits, "hex");
}
