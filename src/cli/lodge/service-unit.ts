/**
 * The unit's file, and whose it is: the first line of one that `lodge service` wrote has the digest of the rest. What others
 * wrote, or changed since, is not ours to replace.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { replaceFileSync } from "../../base/atomic-file.ts";
import { busy } from "../../base/errors.ts";

/** The unit's name. */
export const UNIT = "lodge.service";

const FILE = `etc/systemd/system/${UNIT}`;
/** Where packages have theirs; a unit of ours would stand above it. */
const PACKAGED = ["usr/lib/systemd/system", "lib/systemd/system"].map((folder) => join(folder, UNIT));

const MARK =
  /^# Written by "lodge service install", sha256 ([0-9a-f]{64}): change it by "systemctl edit lodge"\.\n/;

const digestOf = (text: string) => createHash("sha256").update(text).digest("hex");

/** The file of the system below `root`. */
export const unitFile = (root: string): string => join(root, FILE);

/** What stands in it: nothing, ours, or what another wrote or changed. */
export function unitIs(root: string): "absent" | "ours" | "another's" {
  const file = unitFile(root);
  if (!existsSync(file))
    return PACKAGED.some((each) => existsSync(join(root, each))) ? "another's" : "absent";
  const text = readFileSync(file, "utf8");
  const [line = "", digest] = MARK.exec(text) ?? [];
  return digest === digestOf(text.slice(line.length)) ? "ours" : "another's";
}

/** Writes the unit, whole, in place of ours; of another's only by `force`. Errors: `busy`. */
export function writeUnit(root: string, unit: string, force: boolean): void {
  if (unitIs(root) === "another's" && !force) {
    throw busy(
      `${unitFile(root)} is not as "lodge service install" wrote it, or a package has one: ` +
        'change it by "systemctl edit lodge", or put another in its place by --force',
    );
  }
  const mark = `# Written by "lodge service install", sha256 ${digestOf(unit)}: change it by "systemctl edit lodge".\n`;
  mkdirSync(dirname(unitFile(root)), { recursive: true });
  replaceFileSync(unitFile(root), mark + unit, { mode: 0o644 });
}
