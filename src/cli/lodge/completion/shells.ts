/** The completion for each shell that has one. */
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import type { Program } from "./line.ts";
import { zshScript } from "./zsh.ts";

export const SHELLS: Readonly<Record<string, (programs: readonly Program[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};
