/** Names in the description of the API, made of the words of a command's path. */

const PARAMETER = /^[A-Z]+$/;

export const isParameter = (word: string) => PARAMETER.test(word);

/** The noun of a path: `drives/DRIVE/set` → `Drive`. */
export const nounOf = ([first = ""]: readonly string[]) => capital(first.replace(/s$/, ""));

/** What is taken by the commands of one kind: `servers/create/stopped` → `ServerCreate`. */
export function inputName(words: readonly string[]): string {
  const verb = words.slice(1).find((word) => !isParameter(word)) ?? "";
  return nounOf(words) + capital(verb);
}

/** One name for each path: `drives/DRIVE/info` → `driveInfo`, `drives/info` → `drivesInfo`. */
export function operationId(words: readonly string[]): string {
  const [first = "", ...rest] = words;
  const noun = nounOf(words);
  const ofOne = rest.some(isParameter);
  const named = rest.filter((word) => !isParameter(word) || capital(word.toLowerCase()) !== noun);
  return (ofOne ? noun.toLowerCase() : first) + named.map((word) => capital(word.toLowerCase())).join("");
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
