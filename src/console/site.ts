/**
 * The console's files, which were built and compressed beforehand (`scripts/console.ts`): they are read into memory as their list
 * names them, and nothing else of the folder is ever looked at. A build that comes later takes their place by itself.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { atMostEvery } from "../base/at-most-every.ts";
import { failed } from "../base/errors.ts";

/** What the build leaves beside the files. */
const LIST = "files.json";

/** What a build may have at most: more is none of ours. */
const MOST_FILES = 300;
const MOST_BYTES = 16 * 1024 * 1024;

/** How often it is looked whether there is another build. */
const LOOK_EVERY_MS = 1_000;

const FILES = z.object({
  files: z
    .array(z.object({ path: z.string().regex(/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/), type: z.string() }))
    .max(MOST_FILES),
});

/** Files whose name changes with what is in them. */
const HASHED = "assets/";

export type SiteFile = {
  readonly type: string;
  readonly plain: Uint8Array;
  readonly gzipped: Uint8Array;
  /** Whether the file of this name never changes. */
  readonly isImmutable: boolean;
};

type Build = { readonly version: string; readonly files: ReadonlyMap<string, SiteFile> };

export class ConsoleSite {
  readonly #folder: string;
  readonly #onTrouble: (error: unknown) => void;
  readonly #look: () => Promise<Build | null>;
  #build: Build | null = null;

  /** @param onTrouble told of a build that cannot be read; the one before is served on */
  constructor(folder: string, onTrouble: (error: unknown) => void) {
    this.#folder = folder;
    this.#onTrouble = onTrouble;
    this.#look = atMostEvery(LOOK_EVERY_MS, () => this.#looked());
  }

  /**
   * What is at the path below the console's address: a page's path is the page that shows them all. Null where there is no such
   * file; "unbuilt" while there is no console yet.
   */
  async find(path: string): Promise<SiteFile | null | "unbuilt"> {
    const build = await this.#look();
    if (build === null) return "unbuilt";
    const file = build.files.get(path);
    if (file !== undefined || path.startsWith(HASHED)) return file ?? null;
    return build.files.get("index.html") ?? null;
  }

  async #looked(): Promise<Build | null> {
    try {
      const { mtimeMs, ino } = await stat(join(this.#folder, LIST));
      const version = `${ino} ${mtimeMs}`;
      if (this.#build?.version !== version) this.#build = { version, files: await readFiles(this.#folder) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") this.#onTrouble(error);
    }
    return this.#build;
  }
}

async function readFiles(folder: string): Promise<ReadonlyMap<string, SiteFile>> {
  const { files } = FILES.parse(JSON.parse(await readFile(join(folder, LIST), "utf8")));
  const read = new Map<string, SiteFile>();
  let left = MOST_BYTES;
  for (const { path, type } of files) {
    const file = join(folder, `${path}.gz`);
    const { size } = await stat(file);
    if (size > left) throw failed(`the console in ${folder} is larger than a console may be`);
    const gzipped = await readFile(file);
    const plain = gunzipSync(gzipped, { maxOutputLength: left });
    left -= plain.length + gzipped.length;
    read.set(path, { type, plain, gzipped, isImmutable: path.startsWith(HASHED) });
  }
  return read;
}
