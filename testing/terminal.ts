/** Programs on a terminal, which they are shown to have although nobody sits there. */

/** The words that run a shell's command on a terminal of its own: what it shows is their output, and its exit code theirs (script(1)). */
export const onTerminal = (command: string): [string, ...string[]] => [
  "script",
  ...["--quiet", "--return", "--flush", "--command", command, "/dev/null"],
];
