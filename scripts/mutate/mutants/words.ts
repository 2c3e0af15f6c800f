/** Planted bugs in what is taken, repeated and told of words that come from outside, and of what patterns cost. */
import type { Mutant } from "../mutant.ts";

const SHOWN = "src/api/shown.test.ts";
const SERVER = "src/http/server.test.ts";
const REPEATED = "test/security/words.test.ts";
const SENTENCES = "scripts/check/sentences.test.ts";
const PATTERNS = "scripts/check/patterns.test.ts";

export const WORDS: readonly Mutant[] = [
  {
    name: "separators of lines are values",
    file: "src/base/one-line.ts",
    find: "/[\\p{Cc}\\p{Zl}\\p{Zp}]/u",
    replace: "/[\\p{Cc}]/u",
    tests: ["src/base/one-line.test.ts", "src/http/formats/text.test.ts"],
  },
  {
    name: "what turns the direction of text is repeated as it came",
    file: "src/base/one-line.ts",
    find: "[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]",
    replace: "[\\p{Cc}\\p{Zl}\\p{Zp}]",
    tests: [SHOWN],
  },
  {
    name: "controls beyond ASCII are repeated as they came",
    file: "src/api/shown.ts",
    find: "visible(quoted)",
    replace: "quoted",
    tests: [SHOWN],
  },
  {
    name: "a word in the place of a uuid is repeated as it came",
    file: "src/api/authorize.ts",
    find: "shownWord(uuid)",
    replace: "uuid",
    tests: ["src/api/authorize.test.ts"],
  },
  {
    name: "sizes may have zeroes in front",
    file: "src/base/size.ts",
    find: "(0|[1-9]\\d{0,15})",
    replace: "(\\d{1,16})",
    tests: ["src/base/size.test.ts"],
  },
  {
    name: "parts of an address may have zeroes in front",
    file: "src/base/ipv4.ts",
    find: "/^((?:0|[1-9]\\d{0,2})",
    replace: "/^((?:\\d{1,3})",
    tests: ["src/base/ipv4.test.ts"],
  },
  {
    name: "a second Host header is passed over",
    file: "src/http/ambiguity.ts",
    find: "if (hosts > 1 ||",
    replace: "if (hosts > 2 ||",
    tests: [SERVER],
  },
  {
    name: "CONNECT is hung up on without a word",
    file: "src/http/server.ts",
    find: 'server.on("connect",',
    replace: 'server.on("connected",',
    tests: [SERVER],
  },
  {
    name: "a pattern of quadratic cost passes for a linear one",
    file: "scripts/check/patterns.ts",
    find: 'case "vulnerable":',
    replace: 'case "vulnerable":\n      return null;',
    tests: [PATTERNS],
  },
  {
    name: "a pattern that is put together as the program runs is not looked at",
    file: "scripts/check/patterns.ts",
    find: 'callee.name === "RegExp") found.push(null);',
    replace: 'callee.name === "RegExp") return;',
    tests: [PATTERNS],
  },
  {
    name: "a mistyped key is repeated as it came",
    file: "src/api/input.ts",
    find: "{shown(given)} is not a key",
    replace: "{given} is not a key",
    tests: [REPEATED],
  },
  {
    name: "the log repeats a URL as it came",
    file: "src/http/log.ts",
    find: "PLAIN_URL.test(url) ? url : shown(url, URL_CHARACTERS)",
    replace: "PLAIN_URL.test(url) ? url : url",
    tests: [REPEATED],
  },
  {
    name: "the caller is told what QEMU said of a launch",
    file: "src/host/qemu/launch.ts",
    find: "} could not be started`;",
    replace: "} could not be started: ` + reason;",
    tests: [SENTENCES],
  },
  {
    name: "the caller is told which file the storage daemon logs to",
    file: "src/host/volumes/storage-daemon.ts",
    find: '"the storage of the host does not come up"',
    replace: '"see " + this.#options.logFile',
    tests: [SENTENCES],
  },
  {
    name: "a defect's message is answered",
    file: "src/http/serve.ts",
    find: 'LodgeError("system", sentence, { cause: error })',
    replace: 'LodgeError("system", String(error), { cause: error })',
    tests: ["test/security/inner-faults.test.ts"],
  },
  {
    name: "a full host's cause is not logged",
    file: "src/http/log.ts",
    find: 'type === "full" &&',
    replace: 'type === "auth" &&',
    tests: ["test/security/inner-faults.test.ts"],
  },
  {
    name: "a stranger is told by a code that a server is there",
    file: "src/servers/records.ts",
    find: "if (!isThere) throw noSuchServer(uuid);",
    replace: 'if (!isThere) throw noSuchServer(uuid + " ");',
    tests: ["test/security/strangers.test.ts"],
  },
  {
    name: "the log has what steers a terminal",
    file: "src/base/one-line.ts",
    find: "{visible(line.trimEnd())}",
    replace: "{line.trimEnd()}",
    tests: ["src/base/one-line.test.ts"],
  },
];
