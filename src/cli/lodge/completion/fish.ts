/** The script for fish (complete(1), commandline(1) of fish). */
import type { Offer, Program } from "./line.ts";
import { type Choice, flagsOf, type State, statesOf, valuesOf } from "./states.ts";

export function fishScript(programs: readonly Program[]): string {
  return `# Completion for fish, as "lodge completion fish" writes it.\n${programs.map(functionOf).join("")}`;
}

function functionOf(program: Program): string {
  const name = `__lodge_of_${program.name}`;
  const values = [...valuesOf(program)];
  const valued = values.map(([flag]) => `'${flag}'`).join(" ");
  return `
function ${name}
    set -l current (commandline --current-token --cut-at-cursor)
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l typed
    set -l flag ''
    for word in $words[2..-1]
        if test -n "$flag"
            set flag ''
            continue
        end
        switch $word
            case ${valued}
                set flag $word
            case '-?*'
            case '*'
                set -a typed $word
        end
    end
    switch "$flag"
${values.map(([flag, offer]) => `        case '${flag}'\n            ${offering(offer)}\n            return\n`).join("")}    end
    if string match --quiet -- '-*' $current
        switch " $typed "
${flagsOf(program).map(flagArm).join("")}        end
    else
        switch (string join ' ' (count $typed) $typed)
${statesOf(program).map(stateArm).join("")}        end
    end
end
complete --command ${program.name} --erase
complete --command ${program.name} --no-files --arguments '(${name})'
`;
}

const flagArm = ({ words, flags }: { words: readonly string[]; flags: readonly string[] }) =>
  `            case '${words.length === 0 ? "" : ` ${words.join(" ")} `}*'\n                ${printed(flags.map((flag) => ({ word: flag, does: "" })))}\n`;

function stateArm({ typed, choices, names }: State): string {
  const pattern = [String(typed.length), ...typed.map((word) => word ?? "*")].join(" ");
  const lines = [
    ...(choices.length === 0 ? [] : [printed(choices)]),
    ...(names === null ? [] : [namesOf(names)]),
  ];
  return `            case '${pattern}'\n${lines.map((line) => `                ${line}\n`).join("")}`;
}

function offering(offer: Offer): string {
  if (typeof offer === "string") return namesOf(offer);
  return offer.length === 0 ? "" : printed(offer.map((word) => ({ word, does: "" })));
}

const namesOf = (names: "files" | "folders") =>
  names === "files" ? "__fish_complete_path $current" : "__fish_complete_directories $current";

/** Words with what they do behind a tab. */
const printed = (choices: readonly Choice[]): string =>
  `printf '%s\\t%s\\n' ${choices.flatMap(({ word, does }) => [quoted(word), quoted(does)]).join(" ")}`;

const quoted = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;
