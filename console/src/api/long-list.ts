/**
 * Lists of any length, read as they come: ten thousand objects at once would hold up the page for as long as it takes to
 * parse them. In text an object ends with an empty line (spec: the three kinds of data), so each is read by itself.
 */
import { readText } from "./client.ts";

/** How long the page waits for what is being read; less than a frame. */
const SLICE_MS = 8;

type Objects<T> = { readonly objects: T[]; readonly byText: Map<string, T> };

/**
 * Answers a function that reads the list of that path. What it read before and is answered as before is the very same object
 * again, and so is the list, so that nothing that is made of it is made anew.
 */
export function longList<T>(path: string): (signal?: AbortSignal) => Promise<readonly T[]> {
  let known: Objects<T> = { objects: [], byText: new Map() };
  return async (signal) => {
    const found: Objects<T> = { objects: [], byText: new Map() };
    const note = (text: string) => {
      const object = known.byText.get(text) ?? (objectIn(text) as T);
      found.objects.push(object);
      found.byText.set(text, object);
    };
    let rest = "";
    let sliceEndMs = performance.now() + SLICE_MS;
    for await (const piece of readText(path, signal)) {
      const texts = (rest + piece).split("\n\n");
      rest = texts.pop() ?? "";
      for (const text of texts) {
        note(text);
        if (performance.now() < sliceEndMs) continue;
        await nextTask();
        sliceEndMs = performance.now() + SLICE_MS;
      }
    }
    if (rest !== "") note(rest.trimEnd());
    if (!isSame(known.objects, found.objects)) known = found;
    return known.objects;
  };
}

const nextTask = () => new Promise<void>((done) => setTimeout(done));

const isSame = <T>(one: readonly T[], other: readonly T[]) =>
  one.length === other.length && one.every((each, index) => each === other[index]);

function objectIn(text: string): Readonly<Record<string, string>> {
  const object: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const space = line.indexOf(" ");
    object[line.slice(0, space)] = line.slice(space + 1);
  }
  return object;
}
