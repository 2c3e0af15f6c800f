/** The script for bash (bash(1), Programmable Completion). */
import type { Offer, Program } from "./line.ts";
import { flagsOf, type State, statesOf, valuesOf } from "./states.ts";

export function bashScript(programs: readonly Program[]): string {
  return `# Completion for bash, as "lodge completion bash" writes it.\n${programs.map(functionOf).join("")}`;
}

/**
 * The words of COMP_WORDS before the one that is completed are counted and put together, without flags and what comes
 * behind these. An equals sign is a word of its own there (COMP_WORDBREAKS), and what stands behind it is the same word's.
 */
function functionOf(program: Program): string {
  const name = `_${program.name.replaceAll("-", "_")}`;
  const values = [...valuesOf(program)];
  const valued = values.length === 0 ? "--" : values.map(([flag]) => flag).join(" | ");
  return `
${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} typed= flag= offered= names= word
  local -i at count=0
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    if [[ $word == = ]]; then
      if ((at + 1 < COMP_CWORD)); then at+=1 flag=; else flag=\${flag:-=}; fi
    elif [[ -n $flag ]]; then
      flag=
    else
      case $word in
        ${valued}) flag=$word ;;
        -?*) ;;
        *) typed+=" $word" count+=1 ;;
      esac
    fi
  done
  if [[ $current == = ]]; then current= flag=\${flag:-=}; fi
  case $flag in
    =) ;;
${values.map(([flag, offer]) => `    ${flag}) ${offering(offer)} ;;\n`).join("")}    "")
      if [[ $current == -* ]]; then
        case "$typed " in
${flagsOf(program).map(flagArm).join("")}        esac
      else
        case "$count$typed" in
${statesOf(program).map(stateArm).join("")}        esac
      fi ;;
  esac
  mapfile -t COMPREPLY < <(
    [[ -n $offered ]] && compgen -W "$offered" -- "$current"
    [[ -n $names ]] && compgen "$names" -- "$current"
  )
  if [[ -n $names ]]; then compopt -o filenames 2>/dev/null; fi
}
complete -F ${name} ${program.name}
`;
}

const flagArm = ({ words, flags }: { words: readonly string[]; flags: readonly string[] }) =>
  `          ${words.length === 0 ? "" : `" ${words.join(" ")} "`}*) offered="${flags.join(" ")}" ;;\n`;

function stateArm({ typed, choices, names }: State): string {
  const pattern = [`"${typed.length}"`, ...typed.map((word) => (word === null ? "*" : `"${word}"`))];
  const words = choices.map(({ word }) => word);
  return `          ${pattern.join('" "')}) offered="${words.join(" ")}"${namesOf(names)} ;;\n`;
}

function offering(offer: Offer): string {
  return typeof offer === "string" ? namesOf(offer).trim() : `offered="${offer.join(" ")}"`;
}

const namesOf = (names: State["names"]) =>
  names === null ? "" : ` names=${names === "files" ? "-f" : "-d"}`;
