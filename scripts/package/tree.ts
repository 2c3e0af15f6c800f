/** The files of the package, below a root of their own: the program in `/usr/lib/lodge`, and what of it others look for elsewhere. */
import {
  chmodSync,
  cpSync,
  globSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { SETTINGS_FILE, unitOf } from "../../src/service/unit.ts";
import { completions } from "./completions.ts";
import { copyModules } from "./modules.ts";

const PROGRAM = "/usr/lib/lodge";
const DOCUMENTS = "/usr/share/doc/lodge";
/** Where systems are built from; the program looks for it beside itself. */
const CACHE = "/var/cache/lodge";
/** Where Node keeps what it compiled; the program looks for it beside Node. */
const COMPILED = `${CACHE}/compiled`;
/** The home that the service has, and that `lodge` takes as root. */
const HOME = "/var/lib/lodge";

/** What of the checkout the program is, without its tests. */
const SOURCES = [
  "console/dist/**/*",
  "{src,systems}/**/*",
  "bin/*",
  "scripts/node",
  "scripts/relative-imports.cjs",
  "package.json",
];
const TOOLS = ["lodge", "elastichosts", "elastichosts-download", "elastichosts-upload"];

/**
 * Lays the files of the checkout `root` out below `to`, with what dpkg's users expect to find in `changelog`. Errors: what is to be copied is not there.
 */
export function layTree(root: string, to: string, changelog: string): void {
  const place = (path: string) => {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    return join(to, path);
  };
  const copy = (from: string, path: string) => cpSync(join(root, from), place(path), { recursive: true });
  for (const file of globSync(SOURCES, { cwd: root, exclude: ["**/*.test.ts"] })) {
    if (statSync(join(root, file)).isFile()) copy(file, join(PROGRAM, file));
  }
  copyModules(root, join(to, PROGRAM));
  const node = realpathSync(join(root, ".runtime/node"));
  cpSync(node, place(join(PROGRAM, ".runtime/node")));
  copy("docs", join(DOCUMENTS, "docs"));
  // Whole files in place of links: a module is copied from there as it is.
  cpSync(join(root, "integrations"), place(`${DOCUMENTS}/integrations`), {
    recursive: true,
    dereference: true,
  });
  for (const file of ["README.md", "SECURITY.md"]) copy(file, join(DOCUMENTS, file));
  const packed = (text: string | Buffer) => gzipSync(text, { level: 9 });
  writeFileSync(place(`${DOCUMENTS}/CHANGELOG.md.gz`), packed(readFileSync(join(root, "CHANGELOG.md"))));
  writeFileSync(place(`${DOCUMENTS}/changelog.gz`), packed(changelog));
  copy("packaging/debian/copyright", `${DOCUMENTS}/copyright`);
  copy("packaging/debian/lintian-overrides", "/usr/share/lintian/overrides/lodge");
  copy("packaging/debian/lodge.env", SETTINGS_FILE);
  const unit = unitOf({ program: PROGRAM, home: HOME, flags: [] });
  writeFileSync(place("/usr/lib/systemd/system/lodge.service"), unit);
  mkdirSync(join(to, COMPILED), { recursive: true });
  const link = (path: string, target: string) => symlinkSync(relative(dirname(path), target), place(path));
  for (const { path, script, links } of completions(TOOLS)) {
    writeFileSync(place(path), script);
    for (const other of links) link(other, path);
  }
  for (const tool of TOOLS) link(`/usr/bin/${tool}`, join(PROGRAM, "bin", tool));
  link(join(PROGRAM, "docs"), join(DOCUMENTS, "docs"));
  // Between folders of the root links are absolute by Debian's rules.
  symlinkSync(CACHE, join(to, PROGRAM, ".cache"));
  symlinkSync(COMPILED, join(to, PROGRAM, ".runtime/compiled"));
}

/** Gives all of a tree modes and times that do not depend on who lays it out, or when. */
export function levelTree(folder: string, epochSeconds: number): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isSymbolicLink()) {
      const isRun = entry.isDirectory() || (statSync(path).mode & 0o100) !== 0;
      const isSecret = path.endsWith(SETTINGS_FILE);
      chmodSync(path, isSecret ? 0o640 : isRun ? 0o755 : 0o644);
    }
    lutimesSync(path, epochSeconds, epochSeconds);
  }
  chmodSync(folder, 0o755);
  lutimesSync(folder, epochSeconds, epochSeconds);
}
