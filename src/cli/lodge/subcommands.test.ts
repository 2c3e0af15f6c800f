import assert from "node:assert/strict";
import { test } from "node:test";
import { runTool } from "../../../testing/run.ts";
import { DRIVE_KEYS } from "../../drives/keys.ts";
import { RESOURCE_KEYS } from "../../resources/keys.ts";
import { SERVER_KEYS } from "../../servers/keys.ts";
import { overview, SUBCOMMANDS, usageOf } from "./subcommands.ts";

for (const { words, usage, run } of SUBCOMMANDS) {
  test(`${words} is described by its words, and refuses a flag that it does not know`, async () => {
    assert.ok(usage === words || usage.startsWith(`${words} `), usage);
    await assert.rejects(run(["--no-such-flag"]), { type: "usage", message: /--no-such-flag/ });
  });
}

const WITHOUT_WORDS = [
  "usage",
  "invoice list",
  "limit list",
  "key list",
  "events",
  "webhook list",
  "account list",
];
for (const named of WITHOUT_WORDS) {
  test(`${named} refuses a word, rather than tell of another account than is meant`, async () => {
    const run = SUBCOMMANDS.find(({ words }) => words === named)?.run;
    await assert.rejects(run?.(["5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20"]) ?? assert.fail(named), {
      ...{ type: "usage", message: /takes flags alone/ },
    });
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

test("the usage of words is that of every subcommand which begins with them, and of no other", () => {
  for (const { words, usage, does } of SUBCOMMANDS) {
    const lines = usageOf(words);
    assert.equal(lines.length, 1, words);
    assert.ok(lines[0]?.startsWith(`  lodge ${usage}`) && lines[0].endsWith(does), words);
  }
  assert.equal(usageOf("user").length, 2);
  assert.deepEqual(usageOf("us"), []);
  assert.deepEqual(usageOf(""), overview());
});

const ASKED: readonly [asked: string, lines: readonly string[]][] = [
  ["status --help", usageOf("status")],
  ["adopt -h", usageOf("adopt")],
  ["user create --name x --help", usageOf("user create")],
  ["pool --help", usageOf("pool")],
  ["--help", overview()],
  ["help forget", usageOf("forget")],
  ["help server dump", usageOf("server dump")],
  ["help image", usageOf("image")],
  ["help --help", usageOf("help")],
];
for (const [asked, lines] of ASKED) {
  test(`lodge ${asked} prints usage and does nothing else`, async () => {
    // There is no folder in which a home could be made.
    const run = await runTool("lodge", asked.split(" "), { LODGE_HOME: "/dev/null/home" });
    assert.deepEqual(run, { code: 0, stdout: `${lines.join("\n")}\n`, stderr: "" });
  });
}

test("lodge help PATH still tells of the API, and words that nobody knows are refused", async () => {
  const api = await runTool("lodge", ["help", "drives", "create"], {});
  assert.deepEqual([api.code, api.stderr], [0, ""]);
  assert.match(api.stdout, /POST drives\/create/);
  for (const words of [
    ["help", "nothing"],
    ["nothing", "--help"],
  ]) {
    const { code, stderr } = await runTool("lodge", words, {});
    assert.equal(code, 2);
    assert.match(stderr, /^lodge: .*there is no/);
  }
});

test("lodge help of a table's noun lists all keys that a user may give, as the refusal of another key says", async () => {
  for (const { noun, toCreate } of [DRIVE_KEYS, SERVER_KEYS, RESOURCE_KEYS]) {
    const { code, stdout } = await runTool("lodge", ["help", noun ?? ""], {});
    assert.equal(code, 0);
    for (const { pattern } of toCreate)
      assert.ok(stdout.includes(`         ${pattern} `), `${noun}: ${pattern}`);
  }
});
