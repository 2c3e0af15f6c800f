/** The script for zsh (zshcompsys(1)): loaded from a folder of `fpath` as `_lodge`, or read by `source`. */
import type { Offer, Program } from "./line.ts";
import { type Choice, flagsOf, type State, statesOf, valuesOf } from "./states.ts";

export function zshScript(programs: readonly Program[]): string {
  const names = programs.map(({ name }) => name).join(" ");
  return `#compdef ${names}
# Completion for zsh, as "lodge completion zsh" writes it.
${programs.map(functionOf).join("")}
_lodge() {
  "_lodge_of_$service"
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _lodge "$@"
else
  compdef _lodge ${names}
fi
`;
}

function functionOf(program: Program): string {
  const values = [...valuesOf(program)];
  const valued = values.map(([flag]) => flag).join("|");
  return `
_lodge_of_${program.name}() {
  local typed= word flag= names=
  local -a offered
  local -i count=0
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n $flag ]]; then flag=; continue; fi
    case $word in
      (${valued}) flag=$word ;;
      (-?*) ;;
      (*) typed+=" $word"; count+=1 ;;
    esac
  done
  case $flag in
${values.map(([flag, offer]) => `    (${flag}) ${offering(offer)} ;;\n`).join("")}    ("")
      if [[ $PREFIX == -* ]]; then
        case "$typed " in
${flagsOf(program).map(flagArm).join("")}        esac
      else
        case "$count$typed" in
${statesOf(program).map(stateArm).join("")}        esac
      fi ;;
  esac
  (( $#offered )) && _describe -t commands word offered
  case $names in
    (files) _files ;;
    (folders) _files -/ ;;
  esac
}
`;
}

const flagArm = ({ words, flags }: { words: readonly string[]; flags: readonly string[] }) =>
  `          (${words.length === 0 ? "" : `" ${words.join(" ")} "`}*) offered=(${flags.join(" ")}) ;;\n`;

function stateArm({ typed, choices, names }: State): string {
  const pattern = [`"${typed.length}"`, ...typed.map((word) => (word === null ? "*" : `"${word}"`))];
  return `          (${pattern.join('" "')}) offered=(${choices.map(quoted).join(" ")})${namesOf(names)} ;;\n`;
}

function offering(offer: Offer): string {
  return typeof offer === "string" ? namesOf(offer).trim() : `offered=(${offer.join(" ")})`;
}

const namesOf = (names: State["names"]) => (names === null ? "" : ` names=${names}`);

/** A word and what it does, with the colon between that \`_describe\` takes. */
function quoted({ word, does }: Choice): string {
  const text = [word, ...(does === "" ? [] : [does])].map((each) => each.replaceAll(":", "\\:")).join(":");
  return `'${text.replaceAll("'", "'\\''")}'`;
}
