import assert from "node:assert/strict";
import { test } from "node:test";
import { overview, SUBCOMMANDS } from "./subcommands.ts";

for (const { words, usage, run } of SUBCOMMANDS) {
  test(`${words} is described by its words, and refuses a flag that it does not know`, async () => {
    assert.ok(usage === words || usage.startsWith(`${words} `), usage);
    await assert.rejects(run(["--no-such-flag"]), { type: "usage", message: /--no-such-flag/ });
  });
}

test("the overview names every subcommand in its own line, and what it does from the same column on", () => {
  const lines = overview().slice(2).join("\n").split("\n");
  const columns = SUBCOMMANDS.map(({ does }) => lines.find((line) => line.endsWith(does))?.indexOf(does));
  assert.deepEqual(
    columns,
    SUBCOMMANDS.map(() => 48),
  );
  for (const { usage } of SUBCOMMANDS) assert.ok(lines.some((line) => line.startsWith(`  lodge ${usage}`)));
});
