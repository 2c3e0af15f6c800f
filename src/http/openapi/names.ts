/** Names in the description of the API, made of the words of a command's path. */
import { isParameter, type Path } from "../../api/path.ts";

/** What is a noun of its own although it stands behind another. */
const INNER: readonly string[] = ["keys", "sessions", "events", "changes", "log", "test", "invoices"];

/** The path from its noun on: `profile/keys/KEY/set` → `keys/KEY/set`. */
const fromNoun = (path: Path): Path => path.slice(Math.max(0, path.findLastIndex(isInner)));

const isInner = (word: string): boolean => INNER.includes(word);

/** The noun of a path: `drives/DRIVE/set` → `Drive`; `profile/info` → `OwnAccount`, since the chapter is called as its path is. */
export function nounOf(path: Path): string {
  const [noun = ""] = fromNoun(path);
  return noun === "profile" ? "OwnAccount" : capital(noun.replace(/s$/, ""));
}

/** The chapter that a command stands in: its path's first word, in the plural so that no noun is called the same. */
export const chapterOf = ([first = ""]: Path): string => (first === "session" ? "sessions" : first);

/** What is answered by a command on a path that is no object of its noun, by the path's last word. */
const ANSWERED: Readonly<Record<string, string>> = { screen: "Ticket", serial: "Ticket" };

/** What the commands of a path answer: objects of its noun, but for few. */
export const answerName = (path: Path): string => ANSWERED[path.at(-1) ?? ""] ?? nounOf(path);

/** What is taken by the commands of one kind: `servers/create/stopped` → `ServerCreate`. */
export function inputName(path: Path): string {
  const verb =
    fromNoun(path)
      .slice(1)
      .find((word) => !isParameter(word)) ?? "";
  return nounOf(path) + capital(verb);
}

/** One name for each path: `drives/DRIVE/info` → `driveInfo`, `drives/info` → `drivesInfo`. */
export function operationId(path: Path): string {
  const [first = "", ...rest] = path;
  const noun = nounOf(path);
  const ofOne = rest.some(isParameter);
  const named = rest.filter((word) => !isParameter(word) || capital(word.toLowerCase()) !== noun);
  return (ofOne ? noun.toLowerCase() : first) + named.map((word) => capital(word.toLowerCase())).join("");
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
