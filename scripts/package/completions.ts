/** The completion of the programs' words, where each shell looks for it. */
import { programsOf } from "../../src/cli/lodge/completion/programs.ts";
import { SHELLS } from "../../src/cli/lodge/completion/shells.ts";
import { SUBCOMMANDS } from "../../src/cli/lodge/subcommands.ts";

export type Completion = {
  readonly path: string;
  /** It is for all programs. */
  readonly script: string;
  /** The names by which it is found for the other programs. */
  readonly links: readonly string[];
};

/** bash and fish look for a file of the program's name; zsh reads in the files' first lines what they are for. */
const PLACES: readonly (readonly [shell: string, pathOf: (program: string) => string | null])[] = [
  ["bash", (program) => `/usr/share/bash-completion/completions/${program}`],
  ["zsh", (program) => (program === "lodge" ? "/usr/share/zsh/vendor-completions/_lodge" : null)],
  ["fish", (program) => `/usr/share/fish/vendor_completions.d/${program}.fish`],
];

/** @param tools the programs, `lodge` first */
export function completions(tools: readonly string[]): readonly Completion[] {
  const programs = programsOf(SUBCOMMANDS);
  return PLACES.flatMap(([shell, pathOf]) => {
    const [path, ...links] = tools.map(pathOf).filter((each) => each !== null);
    const script = SHELLS[shell]?.(programs);
    return path === undefined || script === undefined ? [] : [{ path, script, links }];
  });
}
