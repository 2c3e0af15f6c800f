/**
 * A command's path (spec: the first row of each of its tables) as words. A word in capitals is a parameter, a word in
 * brackets optional: `drives/DRIVE/write[/OFFSET]` is two paths.
 */

/** A path without brackets, word by word. */
export type Path = readonly string[];

const PARAMETER = /^[A-Z]+$/;

/** Whether the word stands for one that the caller gives. */
export const isParameter = (word: string) => PARAMETER.test(word);

/** The paths that a command's `path` stands for, the shorter ones first. */
export function expandPath(path: string): Path[] {
  const open = path.indexOf("[");
  const close = path.indexOf("]", open);
  if (open === -1 || close === -1) return [splitPath(path)];
  const [before, inside, after] = [path.slice(0, open), path.slice(open + 1, close), path.slice(close + 1)];
  return [...expandPath(before + after), ...expandPath(before + inside + after)];
}

/** Whether `url` is a path of those words, whatever its slashes and its query (real clients: 2). */
export function matchesPath(path: Path, url: string): boolean {
  const came = splitPath(url.split("?", 1)[0] ?? "");
  return (
    came.length === path.length && path.every((word, index) => isParameter(word) || word === came[index])
  );
}

const splitPath = (path: string) => path.split("/").filter((word) => word !== "");
