// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text of templates.
/** Planted bugs that the fuzzing finds, in the share of it that every run has. */
import type { Mutant } from "../mutant.ts";

const FUZZ = ["test/fuzz/fuzz.test.ts"];

export const FUZZED: readonly Mutant[] = [
  {
    name: "a value of text may hold what ends a line",
    file: "src/http/formats/text.ts",
    find: "  for (const [key, value] of input) checkValue(key, value);\n",
    replace: "  void checkValue;\n",
    tests: FUZZ,
  },
  {
    name: "a refusal repeats all of a value",
    file: "src/http/formats/malformed-key.ts",
    find: "shown(broken)} in it",
    replace: "value} in it",
    tests: FUZZ,
  },
  {
    name: "what is not JSON is the cloud's own error",
    file: "src/http/formats/json.ts",
    find: 'throw usage("malformed_body", sentence, { cause });',
    replace: "throw sentence === null ? usage : cause;",
    tests: FUZZ,
  },
  {
    name: "an unknown key is repeated whole",
    file: "src/api/input.ts",
    find: "shown(given)} is not a key",
    replace: "given} is not a key",
    tests: FUZZ,
  },
  {
    name: "a value that a key does not take is repeated whole",
    file: "src/api/input.ts",
    find: "not ${shown(text)}`;",
    replace: "not ${text}`;",
    tests: FUZZ,
  },
  {
    name: "a damaged gzip stream is the cloud's own error",
    file: "src/http/body/gzip.ts",
    find: "if (!isZlibError(error)) throw error;",
    replace: "if (isZlibError(error)) throw error;\n    if (!(error instanceof Error)) throw error;",
    tests: FUZZ,
  },
  {
    name: "what a gzip stream inflates to has no bound",
    file: "src/http/body/gzip.ts",
    find: "if (lengthBytes > mostBytes)",
    replace: "if (lengthBytes > 1000 * mostBytes)",
    tests: FUZZ,
  },
  {
    name: "an NBD reply to nothing is looked up all the same",
    file: "src/host/wire/nbd.ts",
    find: "!== REPLY_MAGIC || request === undefined) {",
    replace:
      "!== REPLY_MAGIC || request === null || !request) {\n      if (request === undefined) throw new TypeError(this.#address.exportName);",
    tests: FUZZ,
  },
  {
    name: "an NBD export has any size",
    file: "src/host/wire/nbd-negotiation.ts",
    find: "if (info !== null && !Number.isSafeInteger(info.sizeBytes)) {",
    replace: "if (info !== null && info.sizeBytes < 0) {",
    tests: FUZZ,
  },
  {
    name: "an event's data may be anything",
    file: "src/host/wire/qmp-message.ts",
    find: "data: z.record(z.string(), z.unknown()).default({}),",
    replace: "data: z.any(),",
    tests: FUZZ,
  },
  {
    name: "the form of a QMP answer is not looked at",
    file: "src/host/wire/qmp.ts",
    find: "const judged = form?.safeParse(message.value);",
    replace: "const judged = (form === null ? form : undefined)?.safeParse(message.value);",
    tests: FUZZ,
  },
  {
    name: "a body that is not UTF-8 is the cloud's own error",
    file: "src/http/body/input.ts",
    find: 'throw usage("malformed_body", "the body is not valid UTF-8: properties take text in UTF-8", { cause });',
    replace: "throw cause;",
    tests: FUZZ,
  },
];
