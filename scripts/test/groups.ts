/**
 * Small files of pure rules, put together: to start a process for each, and to load there what all of them load, costs many
 * times what their tests do. A file of imports stands for a group of them, and each test goes on being told by its own file.
 */
import { writeFile } from "node:fs/promises";
import { join, matchesGlob, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isPure, knownSeconds } from "./files.ts";

/** Loads test files by itself, to see what they are called by: what a process has loaded, it loads no more. */
const ALONE = ["scripts/docs/*"];

export class Groups {
  /** What is run, in order. */
  readonly files: readonly string[];
  readonly #members: ReadonlyMap<string, readonly string[]>;

  /**
   * @param root the folder that the files are named from
   * @param files all of a run, in its order
   * @param folder where the files of imports are written
   * @param most how many groups there are
   */
  static async write(root: string, files: readonly string[], folder: string, most: number): Promise<Groups> {
    const small = files.filter(isSmall);
    const members = new Map<string, readonly string[]>();
    for (let group = 0; group < Math.min(most, small.length); group++) {
      // They are in the order of their sizes, so that each group gets its share of the large ones.
      const of = small.filter((_, at) => at % most === group);
      const path = join(folder, `pure-${group + 1}.mjs`);
      const imports = of.map(
        (file) => `await import(${JSON.stringify(pathToFileURL(resolve(root, file)))});\n`,
      );
      await writeFile(path, imports.join(""));
      members.set(relative(root, path), of);
    }
    return new Groups([...members.keys(), ...files.filter((file) => !isSmall(file))], members);
  }

  /** Each file by itself. */
  static none(files: readonly string[]): Groups {
    return new Groups(files, new Map());
  }

  private constructor(files: readonly string[], members: ReadonlyMap<string, readonly string[]>) {
    this.files = files;
    this.#members = members;
  }

  /** The test files that one of `files` stands for: itself, unless it is a group. */
  membersOf(file: string): readonly string[] {
    return this.#members.get(file) ?? [file];
  }
}

function isSmall(file: string): boolean {
  return isPure(file) && !knownSeconds().has(file) && !ALONE.some((pattern) => matchesGlob(file, pattern));
}
