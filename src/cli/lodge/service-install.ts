/** `lodge service install` has systemd run the daemon, from the next start of the machine on. */
import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { failed, usage } from "../../base/errors.ts";
import { homeDirectory } from "../../home.ts";
import { SETTINGS_FILE, unitOf } from "../../service/unit.ts";
import { readSettings, SETTING_FLAGS } from "../../settings.ts";
import { UNIT, unitFile, writeUnit } from "./service-unit.ts";
import { parse, print } from "./subcommand.ts";
import { systemctl, systemdRuns } from "./systemctl.ts";

/** The program's folder, by a path that stays where a link to it is led elsewhere. */
const PROGRAM = resolve(import.meta.dirname, "../../..");

/**
 * Writes the unit, and enables it; with `--now` it is started, too, or started anew. May be repeated.
 *
 * Errors: `usage`; `busy`, there is a unit that another wrote; `failed`, this user may not; what systemctl said.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, {
    ...SETTING_FLAGS,
    ...{ root: { type: "string" }, force: { type: "boolean" }, now: { type: "boolean" } },
  });
  if (positionals.length > 0) throw usage("service install takes no words but flags");
  const { root, force = false, now = false, home, ...settings } = values;
  if (root !== undefined) ensureRoot(root, now);
  const flags = Object.entries(settings).flatMap(([name, value]) => {
    if (typeof value !== "string") return [`--${name}`];
    return [`--${name}`, FILES.includes(name) && value !== "" ? fileOf(name, value, root) : value];
  });
  // As the daemon will read them: what it would refuse is refused now.
  readSettings(flags, {});
  if (hasPassword(settings.database))
    throw usage(`a unit can be read by all users: write LODGE_DATABASE into ${SETTINGS_FILE} instead`);
  if (root === undefined && process.getuid?.() !== 0)
    throw failed(`${unitFile("/")} is root's: run this as root`);
  const unit = unitOf({ program: PROGRAM, home: resolve(homeDirectory(home)), flags });
  const system = root ?? "/";
  writeUnit(system, unit, force);
  print(`${unitFile(system)} is written`);
  if (root !== undefined) {
    await systemctl(`--root=${root}`, "enable", UNIT);
    return print("it is enabled in that system");
  }
  if (!systemdRuns()) return print("systemd does not run this machine: nothing was started");
  await systemctl("daemon-reload");
  await systemctl("enable", UNIT);
  if (!now) return print('"systemctl start lodge" starts it; so does every start of the machine');
  await systemctl("restart", UNIT);
  print("it runs: systemctl status lodge");
}

/** Errors: `usage`, there is no such system, or it is to be started, which runs nowhere. */
function ensureRoot(root: string, now: boolean): void {
  if (!isAbsolute(root)) throw usage("--root takes the whole path of a system's root");
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw usage(`--root takes a system's root: there is no folder ${root}`);
  if (now)
    throw usage("--now starts nothing in the system of --root, which does not run: leave one of them out");
}

/** Flags that name a file, which the daemon looks for from a folder that is not this one. */
const FILES = ["tls-cert", "tls-key"];

/** The whole path of a flag's file. Errors: `usage`, it is not there, where it is of this system, or its path is not whole. */
function fileOf(name: string, file: string, root: string | undefined): string {
  if (root !== undefined) {
    if (isAbsolute(file)) return file;
    throw usage(`--${name} takes the whole path of a file in the system of --root`);
  }
  const path = resolve(file);
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    throw usage(`--${name}: ${path} is not there, or cannot be read`, { cause });
  }
  return path;
}

/** Whether a URL has a password of its user's; one of several hosts is none that `URL` reads. */
const hasPassword = (database = "") => /^\w{1,20}:\/\/[^/:@]*:[^/@]+@/.test(database);
