/**
 * The Debian 12 image: a system out of Debian's packages that boots on every bus and NIC of Lodge, is set up by
 * cloud-init, and is kept up to date by apt like any other. Needs no loop device, and without root a range of
 * subordinate uids.
 */
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { copyFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { cacheFolder } from "../cache.ts";
import { isThere, requireTools, run, type Tools } from "../debian-tools.ts";
import { type Archive, findArchive } from "./archive.ts";
import { DISK_SIZE_BYTES, makeDisk } from "./disk.ts";
import { type Build, makeSystem, runAsRoot } from "./system.ts";

const TOOLS = {
  "apt-get": "apt",
  "apt-config": "apt",
  mmdebstrap: "mmdebstrap",
  "mkfs.ext4": "e2fsprogs",
  sfdisk: "fdisk",
  gzip: "gzip",
  unshare: "util-linux",
} as const satisfies Tools;

/** Without root: how one becomes root of a user namespace that has a system's uids. */
const USER_NAMESPACE_TOOLS = { newuidmap: "uidmap" } as const satisfies Tools;
const USER_NAMESPACE = ["--map-root-user", "--map-auto", "--setuid=0", "--setgid=0", "--pid", "--fork"];

/** The keys that Debian signs its archive with. */
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

const WORKSHOP = cacheFolder("debian-12");

/**
 * Makes the image as `file`, gzipped, reporting each step as it begins. Nothing is left of a build that fails or is
 * broken off.
 *
 * Errors: missing programs or packages that cannot be fetched, in one line that says what to do.
 */
export async function buildDebian12(
  file: string,
  report: (step: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const root = process.getuid?.() === 0;
  requireTools(root ? TOOLS : { ...TOOLS, ...USER_NAMESPACE_TOOLS });
  if (!existsSync(KEYRING)) {
    throw new Error(
      `${KEYRING} not found: install Debian's packages with apt-get install debian-archive-keyring`,
    );
  }
  // With mounts of its own, which go with it however it ends.
  const asRoot = ["unshare", ...(root ? [] : USER_NAMESPACE), "--mount", "--"];
  const build: Build = { asRoot, report, signal };
  const archive = await findArchive();
  await clearWorkshop(build);
  const folder = mkdtempSync(join(WORKSHOP, `build-${process.pid}-`));
  try {
    ensureSetuid(folder);
    await make(resolve(file), archive, folder, build);
  } finally {
    await removeFolder(folder, { ...build, signal: undefined });
  }
}

async function make(file: string, archive: Archive, folder: string, build: Build): Promise<void> {
  const inFolder = (name: string) => join(folder, name);
  const key = imageKey(archive);
  const uuids = { disk: uuidOf(`disk ${key}`), root: uuidOf(`root ${key}`) };
  for (const source of archive.sources) build.report(`Taking packages from: ${source}`);
  await makeSystem(inFolder("root"), archive, uuids.root, folder, build);
  build.report("Making the disk, its file system and its boot loader");
  await makeDisk(inFolder("disk.raw"), inFolder("root"), uuids, build);
  build.report("Compressing it");
  // As pigz, gzip is of several processors.
  const gzip = isThere("pigz") ? "pigz" : "gzip";
  await run(gzip, ["--no-name", inFolder("disk.raw")], { signal: build.signal });
  await moveFile(inFolder("disk.raw.gz"), file);
  const { size } = statSync(file);
  build.report(`Wrote ${file}: ${size} bytes, ${DISK_SIZE_BYTES} gunzipped`);
}

/** Errors: the file system, or what confines this process, takes no file that runs as its owner, of which Debian has some. */
export function ensureSetuid(folder: string, setMode: typeof chmodSync = chmodSync): void {
  const file = join(folder, "setuid");
  writeFileSync(file, "");
  try {
    setMode(file, 0o4755);
  } catch (cause) {
    throw new Error(
      "no file can be setuid here, as Debian's sudo and mount are: where that is a service's doing, " +
        "build it in a shell, by lodge image build debian-12, and import it",
      { cause },
    );
  }
  rmSync(file);
}

/** Names an image by all that goes into it: the recipe, and the packages that apt knows. */
export function imageKey(archive: Archive): string {
  const hash = createHash("sha256").update(archive.state);
  const entries = readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"));
  for (const file of files.map(({ parentPath, name }) => join(parentPath, name)).sort()) {
    hash.update(`${file.slice(import.meta.dirname.length)}\0`).update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 16);
}

/** A uuid that is always the same for the same text (RFC 9562, version 8). */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Whole or not at all, on another file system too. */
async function moveFile(from: string, to: string): Promise<void> {
  const aside = `${to}.part`;
  try {
    await copyFile(from, aside);
    renameSync(aside, to);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
}

/** Makes the folder in which images are built, and removes from it what builds left that were killed. */
async function clearWorkshop(build: Build): Promise<void> {
  mkdirSync(WORKSHOP, { recursive: true });
  for (const name of readdirSync(WORKSHOP)) {
    const [, pid] = /^build-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await removeFolder(join(WORKSHOP, name), build);
  }
}

/** Its files may be of uids that only root, or a user namespace, may remove. */
async function removeFolder(folder: string, build: Build): Promise<void> {
  await runAsRoot(build, ["rm", "-rf", "--one-file-system", folder]);
}
