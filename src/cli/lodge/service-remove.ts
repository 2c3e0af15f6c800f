/** `lodge service remove` takes back what `lodge service install` did; servers go on running. */
import { rmSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import { syncFolder } from "../../base/atomic-file.ts";
import { busy, usage } from "../../base/errors.ts";
import { UNIT, unitFile, unitIs } from "./service-unit.ts";
import { parse, print } from "./subcommand.ts";
import { systemctl, systemdRuns } from "./systemctl.ts";

/**
 * Stops the daemon, and removes the unit. May be repeated.
 *
 * Errors: `usage`; `busy`, the unit is another's; what systemctl said.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, { root: { type: "string" }, force: { type: "boolean" } });
  if (positionals.length > 0) throw usage("service remove takes no words but --root and --force");
  const { root, force = false } = values;
  if (root !== undefined && !isAbsolute(root)) throw usage("--root takes the whole path of a system's root");
  const system = root ?? "/";
  const file = unitFile(system);
  const whose = unitIs(system);
  if (whose === "absent") return print(`${file} is not there`);
  if (whose === "another's" && !force)
    throw busy(
      `${file} is not as "lodge service install" wrote it, or a package has one: --force removes it`,
    );
  if (root !== undefined) await systemctl(`--root=${root}`, "disable", UNIT);
  else if (systemdRuns()) await systemctl("disable", "--now", UNIT);
  rmSync(file, { force: true });
  syncFolder(dirname(file));
  if (root === undefined && systemdRuns()) await systemctl("daemon-reload");
  print(`${file} is gone. Servers that run go on: "lodge down" ends them`);
}
