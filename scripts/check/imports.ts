/**
 * Checks the imports by the table of rooms (`rooms.ts`): each goes to a room that its own may use, the table allows
 * nothing that no file uses, no file imports itself over others, and neither does a room. Exits with 1, naming each
 * fault, where a rule is broken.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ROOMS } from "./rooms.ts";

const ROOT = join(import.meta.dirname, "../..");

/** As the formatter leaves them: one specifier a statement, at the end of its line. */
const SPECIFIER = /(?:\bfrom|\bimport)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g;

type Imports = ReadonlyMap<string, readonly string[]>;

function readImports(): Imports {
  const files = globSync("{src,systems,testing,bench,scripts,test,console/test}/**/*.ts", { cwd: ROOT });
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(ROOT, file), "utf8");
      const targets = [...text.matchAll(SPECIFIER)].map(([, specifier = ""]) =>
        relative(ROOT, join(ROOT, dirname(file), specifier)),
      );
      return [file, targets];
    }),
  );
}

/** The room that a file is in. */
export function roomOf(file: string): string {
  const rooms = Object.keys(ROOMS).filter((room) => file === room || file.startsWith(`${room}/`));
  return rooms.sort((one, other) => other.length - one.length)[0] ?? "";
}

/** Whether files of `room` may import those of `other`; `src` stands for everything in it. */
export function mayImport(room: string, other: string): boolean {
  const allowed = ROOMS[room] ?? [];
  return room === other || allowed.includes(other) || (allowed.includes("src") && other.startsWith("src"));
}

function forbidden(imports: Imports): string[] {
  return [...imports].flatMap(([file, targets]) => {
    if (file.endsWith(".test.ts")) return [];
    const room = roomOf(file);
    if (room === "") return [`${file} is in no room`];
    return targets
      .filter((target) => !mayImport(room, roomOf(target)))
      .map((target) => `${file} imports ${target}: ${room} may not use ${roomOf(target) || "that"}`);
  });
}

/** What the table allows a room and no file of it uses. `src` stands for everything in it, and is not looked at. */
function unused(imports: Imports): string[] {
  const used = new Set(
    [...imports]
      .filter(([file]) => !file.endsWith(".test.ts"))
      .flatMap(([file, targets]) => targets.map((target) => `${roomOf(file)} uses ${roomOf(target)}`)),
  );
  return Object.entries(ROOMS).flatMap(([room, allowed]) =>
    allowed
      .filter((other) => other !== "src" && !used.has(`${room} uses ${other}`))
      .map((other) => `${room} may use ${other} and does not: take it out of the table`),
  );
}

/** The circles of a graph, each answered once, by the way back from where it was met. */
export function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (node: string, way: readonly string[]) => {
    const at = way.indexOf(node);
    if (at !== -1) found.push([...way.slice(at), node]);
    if (at !== -1 || done.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...way, node]);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return found;
}

if (import.meta.main) {
  const imports = readImports();
  const line = (circle: readonly string[]) => `circle: ${circle.join(" → ")}`;
  const faults = [
    ...forbidden(imports),
    ...unused(imports),
    ...circles(imports).map(line),
    ...circles(new Map(Object.entries(ROOMS))).map(line),
  ];
  for (const fault of faults) console.log(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
