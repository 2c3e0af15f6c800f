/** A home for tests of standard images, whose daemon does not run. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { TestContext } from "node:test";
import { LodgeError } from "../../src/base/errors.ts";
import type { ImportFlags } from "../../src/cli/lodge/image-import.ts";
import { imageLine } from "../../src/cli/lodge/image-list.ts";
import { openHome } from "../../src/home.ts";
import { listImages } from "../../src/images/list.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { importFrom, ofImageStore, removeFrom } from "./import.ts";

const LODGE = resolve(import.meta.dirname, "../../src/cli/lodge/lodge.ts");

/** Of the catalogue: an image, which is gzipped, and a CD. */
export const DEBIAN = "980cf63c-f21e-4382-997b-6541d5809629";
export const KNOPPIX = "a1cd7ea0-6539-4cb6-b35f-03c9a6b61917";

export type ImageHome = {
  readonly home: string;
  /** Makes a file with the bytes, outside of the home. */
  file(bytes: Uint8Array): Promise<string>;
  /** Answers what the command prints. */
  import(from: string, flags: ImportFlags): Promise<readonly string[]>;
  /** The import of the CD as a process of its own, behind the words of another program, such as one that limits it. */
  startImport(from: string, before?: readonly string[]): ChildProcess;
  /** Answers the name. */
  remove(uuid: string): Promise<string>;
  /** The image's line in the list, with single spaces. */
  state(uuid: string): Promise<string>;
  content(uuid: string): Promise<Buffer>;
  /** How many bytes of a half imported image are there; null when there is no such file. */
  partBytes(uuid: string): Promise<number | null>;
  files(): Promise<string[]>;
  withStore<T>(work: (store: Store) => Promise<T>): Promise<T>;
};

/** Opens one, for as long as the test runs. */
export async function openImageHome(context: TestContext): Promise<ImageHome> {
  const above = await mkdtemp(join(tmpdir(), "lodge-import-"));
  context.after(() => rm(above, { recursive: true }));
  const home = join(above, "home");
  const inDrives = (name: string) => join(home, "drives", name);
  return {
    home,
    async file(bytes) {
      const name = join(above, "content");
      await writeFile(name, bytes);
      return name;
    },
    import: (from, flags) => importFrom(home, from, flags),
    startImport(from, before = []) {
      const words = [...before, process.execPath, LODGE, "image", "import", from];
      const flags = ["--home", home, "--uuid", KNOPPIX];
      return spawn(words[0] ?? "", [...words.slice(1), ...flags], { stdio: ["ignore", "inherit", "pipe"] });
    },
    remove: (uuid) => removeFrom(home, uuid),
    async state(uuid) {
      const lines = (await ofImageStore(home, listImages)).map(imageLine);
      return lines.find((line) => line.startsWith(uuid))?.replace(/ +/g, " ") ?? "";
    },
    content: (uuid) => readFile(inDrives(`${uuid}.raw`)),
    partBytes: (uuid) =>
      stat(inDrives(`${uuid}.part`)).then(
        ({ size }) => size,
        () => null,
      ),
    files: () => readdir(join(home, "drives")),
    async withStore(work) {
      const store = await openStore(openHome(home));
      try {
        return await work(store);
      } finally {
        await store.close();
      }
    },
  };
}

/** Whether an error is of that type, and says that. */
export const refused = (type: string, says: RegExp) => (error: unknown) => {
  assert.ok(error instanceof LodgeError, String(error));
  assert.equal(error.type, type);
  assert.match(error.message, says);
  return true;
};
