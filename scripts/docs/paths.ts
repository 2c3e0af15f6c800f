/** Paths of the repository that documents name. */
import { globSync } from "node:fs";

const FOLDERS = "src|test|testing|scripts|systems|bench|docs|bin";
/** From the root of the repository. */
const FROM_ROOT = new RegExp(`^(?:${FOLDERS})/[^\\s]+$`);
/** From the folder of the code that the text is about. */
const OF_CODE = /^[\w{},.-]+\/(?:[^\s]*\.ts|[^\s]*\/)?$/;
const CODE_FOLDERS = ["src", "src/host", "src/*"];

/**
 * The paths in a document that are not there: whole words of what stands in backticks, and targets of links. A path of
 * the code may leave out `src/` or the folder in it, the path of a test may leave out `.test.ts`; `NNNN` and words in
 * capitals stand for a name.
 *
 * @param folder where the document is, from `root`
 */
export function absentPaths(root: string, folder: string, text: string): readonly string[] {
  const inCode = [...text.matchAll(/`([^`]+)`/g)].flatMap(([, code = ""]) => code.split(/[\s'"]+/));
  const named = inCode.filter((word) => !/[A-Z]{3}|…|^\//.test(word));
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = ""]) => target);
  const isThere = (pattern: string) => globSync([pattern, `${pattern}.test.ts`], { cwd: root }).length > 0;
  const absent = [
    ...named.filter((word) => FROM_ROOT.test(word) && !isThere(word)),
    ...named.filter(
      (word) =>
        !FROM_ROOT.test(word) &&
        OF_CODE.test(word) &&
        !isThere(word) &&
        !CODE_FOLDERS.some((each) => isThere(`${each}/${word}`)),
    ),
    ...links.filter((target) => !isThere(folder === "" ? target : `${folder}/${target}`)),
  ];
  return [...new Set(absent)];
}
