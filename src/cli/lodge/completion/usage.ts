/** Lines read off usages, such as `backup FILE (--passphrase-file FILE | --without-keys) [--home DIR]`. */
import { type Flag, fixed, free, type Line, NOTHING, type Offer, type Place } from "./line.ts";

export type Described = {
  /** The words that it begins with, and that each of its ways begins with again. */
  readonly words: string;
  readonly usage: string;
  readonly does: string;
};

/** Every subcommand and tool has it. */
const HELP: Flag = { flag: "--help", value: null };

/** The ways that a usage tells, those behind `| WORDS` apart. */
export function linesOf({ words, usage, does }: Described): Line[] {
  return usage.split(` | ${words} `).map((way, index) => {
    const rest = index === 0 ? way.slice(words.length) : way;
    const { places, flags } = read(tokensOf(rest).filter((token) => token !== "|"));
    return { places: [...tokensOf(words).map(fixed), ...places], does, flags: [...flags, HELP] };
  });
}

const tokensOf = (text: string): string[] => text.split(" ").filter((token) => token !== "");

function read(tokens: readonly string[]): { places: Place[]; flags: Flag[] } {
  const places: Place[] = [];
  const flags: Flag[] = [];
  const rest = [...tokens];
  for (let token = rest.shift(); token !== undefined; token = rest.shift()) {
    const bare = withoutBrackets(token);
    if (!bare.startsWith("-")) {
      places.push(free(offerOf(bare)));
      continue;
    }
    const takesValue = !/[\])]/.test(token) && /^[^-[(]/.test(rest[0] ?? "");
    flags.push({ flag: bare, value: takesValue ? offerOf(withoutBrackets(rest.shift() ?? "")) : null });
  }
  return { places, flags };
}

const withoutBrackets = (token: string): string => token.replace(/[[\]()]|\.\.\./g, "");

/** Words in small letters are to be typed as they are; those in capitals say what stands in their place. */
function offerOf(value: string): Offer {
  if (value === "DIR") return "folders";
  if (value.startsWith("FILE")) return "files";
  return /^[a-z][a-z0-9|-]*$/.test(value) ? value.split("|") : NOTHING;
}
