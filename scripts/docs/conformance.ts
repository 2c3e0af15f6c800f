/**
 * `docs/conformance.md`: every row and key of the specification with the tests that show it. What is listed is
 * compared with the table of commands and with the tests that there are, so that it cannot name what is not there.
 */
import { join } from "node:path";
import type { Key } from "../../src/api/key.ts";
import type { CommandRow } from "../../src/commands.ts";
import type { Chapter, Shown, Table, Test } from "../../test/conformance/specification/row.ts";
import { testNames } from "./test-names.ts";

export type Conformance = {
  /** Markdown. */
  readonly text: string;
  /** A line for each thing that is wrong. */
  readonly problems: readonly string[];
};

/** One line of the document. */
type Row = { readonly table: string; readonly what: string; readonly tests: readonly Test[] };

type Sources = {
  readonly root: string;
  readonly chapters: readonly Chapter[];
  readonly commands: readonly CommandRow[];
  /** Keys that commands take and no table lists. */
  readonly beyond: Readonly<Record<string, string>>;
};

export async function conformance({ root, chapters, commands, beyond }: Sources): Promise<Conformance> {
  const tables = chapters.flatMap((chapter) => chapter.tables);
  const rows = tables.flatMap(rowsOf);
  const problems = [
    ...rows
      .filter(({ tests }) => tests.length === 0)
      .map(({ table, what }) => `${table}, ${what}: no test shows it`),
    ...(await unknownTests(root, rows)),
    ...commands
      .filter(({ path }) => !tables.some(({ command }) => command === path))
      .map(({ path }) => `the command ${path} is in no table of the specification`),
    ...tables.flatMap((table) => disagreements(table, commands, beyond)),
  ];
  const methods = new Map(
    commands.map(({ path, effect }) => [path, effect === "reads" ? "GET" : "POST"] as const),
  );
  const parts = chapters.flatMap(({ title, tables }) => [
    `## ${title}`,
    ...tables.map((table) => section(table, methods)),
  ]);
  return { text: `${[introduction(rows.length), ...parts].join("\n\n")}\n`, problems };
}

const introduction = (rows: number) => `# Conformance

Every row, key, note and error of the specification, in its order, with the tests that show it. Made by \`npm run docs\`
from \`test/conformance/specification/\`; \`npm run check\` fails when a row of these ${rows} names no test or one that is not
there, or when they and the table of commands disagree.`;

function rowsOf({ title, row, takes = {}, answers = {}, says = {} }: Table): readonly Row[] {
  const each = (prefix: string, shown: Shown, quote: string) =>
    Object.entries(shown).map(([what, tests]) => ({
      table: title,
      what: `${prefix}${quote}${what}${quote}`,
      tests,
    }));
  return [
    ...(row === undefined ? [] : [{ table: title, what: "the command", tests: row }]),
    ...each("takes ", takes, "`"),
    ...each("answers ", answers, "`"),
    ...each("", says, ""),
  ];
}

function section(table: Table, methods: ReadonlyMap<string, string>): string {
  const { title, command } = table;
  const path = command && `\`${methods.get(command) ?? ""} /${command}\``.replace("` ", "`");
  const lines = rowsOf(table).map(({ what, tests }) => `| ${cell(what)} | ${cell(cited(tests))} |`);
  return [
    `### ${title}`,
    ...(path === undefined ? [] : [path]),
    ["| row | shown by |", "| --- | --- |", ...lines].join("\n"),
  ].join("\n\n");
}

/** `|` ends a cell of a table, also within code. */
const cell = (text: string) => text.replaceAll("|", "\\|");

/** The tests, each file's behind a link to it. */
function cited(tests: readonly Test[]): string {
  return [...Map.groupBy(tests, ({ file }) => file)]
    .map(([file, named]) => {
      const short = file.replace(/^.*\//, "").replace(".test.ts", "");
      return `[${short}](../${file}): ${named.map(({ name }) => name.replaceAll("*", "\\*")).join("; ")}`;
    })
    .join("<br>");
}

async function unknownTests(root: string, rows: readonly Row[]): Promise<readonly string[]> {
  const files = [...new Set(rows.flatMap(({ tests }) => tests.map(({ file }) => file)))];
  const names = new Map<string, ReadonlySet<string>>();
  for (const file of files) names.set(file, await testNames(join(root, file)));
  return rows.flatMap(({ table, what, tests }) =>
    tests
      .filter(({ file, name }) => names.get(file)?.has(name) !== true)
      .map(({ file, name }) => `${table}, ${what}: there is no test "${name}" in ${file}`),
  );
}

/** Where a table and the command that it is about do not have the same keys. */
function disagreements(
  { title, command, takes, answers = {} }: Table,
  commands: readonly CommandRow[],
  beyond: Readonly<Record<string, string>>,
): readonly string[] {
  const declared = commands.find(({ path }) => path === command);
  if (declared === undefined) {
    return command === undefined ? [] : [`${title}: there is no command ${command}`];
  }
  const lacks = (kind: string, shown: Shown, keys: readonly Key[]) =>
    Object.keys(shown)
      .flatMap(alternatives)
      .filter((key) => !keys.some(({ pattern }) => pattern === key))
      .map((key) => `${title}: ${command} ${kind} no ${key}`);
  const taken = Object.keys(takes ?? {});
  const listed = [...taken, ...taken.flatMap(alternatives), ...Object.keys(beyond)];
  return [
    ...lacks("takes", takes ?? {}, declared.keys ?? []),
    ...lacks("answers", answers, declared.answers ?? []),
    ...(declared.keys ?? [])
      .filter(({ pattern }) => !listed.includes(pattern))
      .map(({ pattern }) => `${title}: ${pattern}, which ${command} takes, is not in the table`),
  ];
}

/** `[rx|tx]:bytes` → `rx:bytes`, `tx:bytes`. */
function alternatives(key: string): readonly string[] {
  const [group, choices] = /\[(\w+(?:\|\w+)+)\]/.exec(key) ?? [];
  if (group === undefined || choices === undefined) return [key];
  return choices.split("|").flatMap((choice) => alternatives(key.replace(group, choice)));
}
