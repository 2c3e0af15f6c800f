/** The programs whose words are completed: `lodge` by its table of subcommands, `elastichosts` by the API's table of commands. */
import { PARAMS } from "../../../api/params.ts";
import { expandPath, isParameter, type Path } from "../../../api/path.ts";
import { COMMANDS } from "../../../commands.ts";
import { fixed, free, type Line, NOTHING, type Offer, type Place, type Program } from "./line.ts";
import { type Described, linesOf } from "./usage.ts";

/** How the tools are called, as each says with `--help`. */
const TOOLS: Readonly<Record<string, string>> = {
  elastichosts: "[-c | -f FILE] [-j] [-v] WORD...",
  "elastichosts-upload":
    "[-c CHUNK] [-d DRIVE] [-n NAME] [-o OFFSET] [-s] [-z] [--gzip auto|always|never] FILE",
  "elastichosts-download": "[-c CHUNK] [-o OFFSET | -r] [-z] DRIVE [FILE]",
};

/** @param subcommands of `lodge` */
export function programsOf(subcommands: readonly Described[]): readonly Program[] {
  const paths = COMMANDS.flatMap(({ path, summary }) =>
    expandPath(path).map((words) => ({ words, does: summary })),
  );
  const helped = [
    ...subcommands.map(({ words, does }) => ({ places: ["help", ...words.split(" ")].map(fixed), does })),
    ...paths.map(({ words, does }) => ({ places: ["help", words.join("/")].map(fixed), does })),
  ];
  const lodge = [...subcommands.flatMap(linesOf), ...helped.map((line) => ({ ...line, flags: [] }))];
  const tools = Object.entries(TOOLS).map(([name, usage]) => ({
    name,
    lines: [
      ...linesOf({ words: "", usage, does: "" }),
      ...(name === "elastichosts" ? paths.map(callOf) : []),
    ],
  }));
  return [{ name: "lodge", lines: lodge }, ...tools];
}

const callOf = ({ words, does }: { words: Path; does: string }): Line => ({
  places: words.map(placeOf),
  does,
  flags: [],
});

function placeOf(word: string): Place {
  return isParameter(word) ? free(choicesOf(word)) : fixed(word);
}

/** A parameter that takes one of few words. */
function choicesOf(parameter: string): Offer {
  const schema = PARAMS[parameter]?.schema;
  if (schema === undefined || !("options" in schema)) return NOTHING;
  return (schema.options as readonly unknown[]).filter((each) => typeof each === "string");
}
