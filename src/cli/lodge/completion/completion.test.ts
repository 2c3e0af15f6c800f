import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runToEnd, runTool } from "../../../../testing/run.ts";
import { expandPath } from "../../../api/path.ts";
import { COMMANDS } from "../../../commands.ts";
import { SUBCOMMANDS } from "../subcommands.ts";
import { programsOf } from "./programs.ts";
import { SHELLS } from "./shells.ts";
import { flagsOf, valuesOf } from "./states.ts";

/** What is offered behind each line that is typed, as that shell itself answers: sorted, folders without their slash. */
type Ask = (lines: readonly string[]) => Promise<readonly (readonly string[])[]>;

const folder = mkdtempSync(join(tmpdir(), "lodge-completion-"));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, "here", "a folder"), { recursive: true });
writeFileSync(join(folder, "here", "a file"), "");

mkdirSync(join(folder, "functions"));

const programs = programsOf(SUBCOMMANDS);
for (const [shell, scriptOf] of Object.entries(SHELLS))
  writeFileSync(join(folder, `lodge.${shell}`), scriptOf(programs));
cpSync(join(folder, "lodge.zsh"), join(folder, "functions", "_lodge"));

async function askBy(command: readonly string[], driver: string, lines: readonly string[]) {
  const file = join(folder, `driver.${command[0]}`);
  writeFileSync(file, driver);
  const shell = [...command, file, join(folder, `lodge.${command[0]}`), join(folder, "here")];
  const { code, stdout, stderr } = await runToEnd([...shell, ...lines], "", { LC_ALL: "C.UTF-8" });
  assert.deepEqual([code, stderr], [0, ""], stdout);
  const answers = stdout.split("<end>").slice(0, -1);
  return answers.map((answer) => {
    const words = [...answer.matchAll(/^[^<]*<([^>]*)>\r?$/gm)].map(([, word = ""]) =>
      word.replace(/\/$/, ""),
    );
    return [...new Set(words)].sort();
  });
}

/** A terminal of its own, in whose line editor a widget completes as the key Tab does, and tells what was kept. */
const zshDriver = (setUp: string) => `zmodload zsh/zpty
script=$1 here=$2; shift 2
zpty shell zsh -f -i
zpty -w shell "PS1= PROMPT_EOL_MARK=; stty -echo columns 4000; autoload -U compinit; ${setUp}; cd \${(q)here}"
zpty -w shell 'offer() {
  compadd() {
    local -a kept; builtin compadd -O kept "$@"
    (( $#kept )) && print -rl -- "" "<"\${(Q)^kept}">"
    builtin compadd "$@"
  }
  _main_complete; print -r -- "<"en"d>"; unfunction compadd
}
zle -C offer complete-word offer; bindkey "^X^A" offer; print "<"go">"'
zpty -r -m shell answer '*<go>*'
for line; do
  zpty -w -n shell $'\\C-U'"$line"$'\\C-X\\C-A'
  zpty -r -m shell answer '*<end>*'
  print -r -- "$answer"
done
zpty -d shell`;

const ASK: Readonly<Record<string, Ask>> = {
  bash: (lines) =>
    askBy(
      ["bash", "--norc"],
      `source "$1"; cd "$2"; shift 2
for line; do
  eval "COMP_WORDS=($line)"; [[ $line == *" " ]] && COMP_WORDS+=("")
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMP_LINE=$line; COMP_POINT=\${#line}; COMPREPLY=()
  registered=$(complete -p "\${COMP_WORDS[0]}"); name=\${registered#*-F }; name=\${name%% *}
  "$name"; for word in "\${COMPREPLY[@]}"; do printf '<%s>\\n' "$word"; done; echo "<end>"
done`,
      lines,
    ),
  zsh: (lines) => askBy(["zsh", "-f"], zshDriver(`compinit -u -D; source \${(q)script}`), lines),
  "zsh with a folder of functions": (lines) =>
    askBy(["zsh", "-f"], zshDriver(`fpath=(\${(q)here}/../functions $fpath); compinit -u -D`), lines),
  fish: (lines) =>
    askBy(
      ["fish", "--no-config"],
      `source $argv[1]; cd $argv[2]
for line in $argv[3..-1]
  complete --do-complete $line | string replace --regex '\\t.*' '' | string replace --regex '(.*)' '<$1>'
  echo "<end>"
end`,
      lines,
    ),
};

/** Lines, and what is to be offered behind them. */
const OFFERED: readonly (readonly [line: string, words: readonly string[]])[] = [
  ["lodge ", [...new Set(SUBCOMMANDS.map(({ words }) => words.split(" ")[0] ?? ""))]],
  ["lodge acc", ["account"]],
  ["lodge account cl", ["close"]],
  ["lodge --home DIR account cl", ["close"]],
  ["lodge nothing ", []],
  ["lodge account list ", []],
  ["lodge account set --role ", ["user", "admin"]],
  ["lodge account create --name --role --e", ["--email"]],
  ["lodge backup ", ["a file", "a folder"]],
  ["lodge status --home ", ["a folder"]],
  ["lodge image build ", ["debian-12"]],
  ["lodge image build debian-12 ", ["a file", "a folder"]],
  ["lodge help serv", [...pathsOf("servers"), "server", "service"]],
  ["lodge help pool ", ["add", "list", "remove"]],
  ["lodge completion ", Object.keys(SHELLS)],
  ["elastichosts drives DRIVE im", ["image"]],
  ["elastichosts drives create ", []],
  ["elastichosts drives list ", ["standard"]],
  ["elastichosts -j -f a\\ file resources ", ["info", "ip", "list", "vlan"]],
  ["elastichosts resources ip ", ["create", "list"]],
  ["elastichosts -", ["-c", "-f", "-j", "-v", "--help"]],
  ["elastichosts-upload --gzip a", ["auto", "always"]],
  ["elastichosts-upload -n name ", ["a file", "a folder"]],
  ["elastichosts-download DRIVE ", ["a file", "a folder"]],
];

function pathsOf(area: string): string[] {
  const own = COMMANDS.filter(({ path }) => path.startsWith(`${area}/`));
  return own.flatMap(({ path }) => expandPath(path).map((words) => words.join("/")));
}

/** Each subcommand by its table: its last word, and its flags. */
const SUBCOMMAND_LINES = SUBCOMMANDS.flatMap(({ words, usage }) => {
  const flags = [...usage.matchAll(/--[a-z0-9-]+/g)].map(([flag]) => flag);
  return [
    [`lodge ${words}`, words.split(" ").slice(-1)],
    [`lodge ${words} X --`, [...new Set([...flags, "--help"])]],
  ] as const;
});

for (const [shell, ask] of Object.entries(ASK)) {
  test(`${shell} offers what may come next in a line, and names of files where they are taken`, async () => {
    const answers = await ask(OFFERED.map(([line]) => line));
    for (const [at, [line, words]] of OFFERED.entries())
      assert.deepEqual(answers[at], [...words].sort(), `${shell}: ${line}`);
  });

  test(`${shell} knows every subcommand of the table and every flag of its usage`, async () => {
    const answers = await ask(SUBCOMMAND_LINES.map(([line]) => line));
    for (const [at, [line, words]] of SUBCOMMAND_LINES.entries()) {
      const answer = answers[at] ?? [];
      if (line.endsWith("--")) assert.deepEqual(answer, [...words].sort(), `${shell}: ${line}`);
      else for (const word of words) assert.ok(answer.includes(word), `${shell}: ${line}: ${answer}`);
    }
  });
}

test("bash takes what stands behind an equals sign for the same word, and for nothing more", async () => {
  const lines = [
    "lodge status --home = a",
    "lodge status --home =",
    "lodge --home = DIR account cl",
    "lodge limit set USER cpu = 4 --ho",
    "lodge limit set USER cpu = ",
    "lodge image import a =",
  ];
  const answers = await ASK.bash?.(lines);
  assert.deepEqual(answers, [["a folder"], ["a folder"], ["close"], ["--home"], [], []]);
});

test("the flags of the tools are those that their help tells, with what they take", async () => {
  for (const program of programs.slice(1)) {
    const { stdout } = await runTool(program.name, ["--help"], {});
    const told = [...stdout.matchAll(/^ {2}(--?[a-z]+)( [A-Z]+)? {2}/gm)];
    assert.deepEqual(
      flagsOf(program)[0]?.flags.toSorted(),
      told.map(([, flag]) => flag).sort(),
      program.name,
    );
    const valued = told.filter(([, , value]) => value !== undefined).map(([, flag]) => flag);
    assert.deepEqual([...valuesOf(program).keys()].sort(), valued.sort(), program.name);
  }
});

test("lodge completion prints a script for each shell, and refuses what is none", async () => {
  for (const [shell, scriptOf] of Object.entries(SHELLS)) {
    const run = await runTool("lodge", ["completion", shell], {});
    assert.deepEqual(run, { code: 0, stdout: scriptOf(programs), stderr: "" });
  }
  for (const words of [["completion"], ["completion", "csh"], ["completion", "bash", "zsh"]]) {
    const { code, stderr } = await runTool("lodge", words, {});
    assert.deepEqual([code, stderr], [2, "lodge: one shell is to be named: bash, zsh, fish\n"]);
  }
});
