/**
 * Holds the imports against the rooms (`rooms.ts`): each goes to a room that its own may use, no file imports itself
 * over others, and the rooms' own table has no circle. Exits with 1, naming each fault, where one is broken.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ROOMS } from "./rooms.ts";

const ROOT = join(import.meta.dirname, "../..");

/** As the formatter leaves them: one specifier a statement, at the end of its line. */
const SPECIFIER = /(?:\bfrom|\bimport)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g;

type Imports = ReadonlyMap<string, readonly string[]>;

function readImports(): Imports {
  const files = globSync("{src,systems,testing,bench,scripts,test}/**/*.ts", { cwd: ROOT });
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

/** The circles of a graph, each told once, by the way back from where it was met. */
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
  const told = (circle: readonly string[]) => `circle: ${circle.join(" → ")}`;
  const faults = [
    ...forbidden(imports),
    ...circles(imports).map(told),
    ...circles(new Map(Object.entries(ROOMS))).map(told),
  ];
  for (const fault of faults) console.log(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
