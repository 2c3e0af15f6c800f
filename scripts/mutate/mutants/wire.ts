/** Planted bugs in what comes over a wire and goes out: keys, formats, bodies, NBD, QMP. */
import type { Mutant } from "../mutant.ts";

const KEY = "src/api/key.test.ts";
const TEXT = "src/http/formats/text.test.ts";
const CONTENT = "src/http/body/content.test.ts";
const GZIP = "src/http/body/gzip.test.ts";
const NBD = "src/host/wire/nbd.test.ts";
const NBD_HOSTILE = "src/host/wire/nbd-hostile.test.ts";
const QMP = "src/host/wire/qmp.test.ts";

export const WIRE: readonly Mutant[] = [
  {
    name: "sizes count in thousands",
    file: "src/base/size.ts",
    find: "1024 ** power",
    replace: "1000 ** power",
    tests: ["src/base/size.test.ts"],
  },
  {
    name: "an unknown key is passed over",
    file: "src/api/input.ts",
    find: "if (found === null) throw",
    replace: "if (found === null) continue;\n    if (found === undefined) throw",
    tests: [KEY],
  },
  {
    name: "the key that was meant is looked for among all keys",
    file: "src/api/key.ts",
    find: "key.settable.includes(moment)).map",
    replace: "moment).map",
    tests: [KEY],
  },
  {
    name: "characters that were swapped are two typing errors",
    file: "src/api/nearest.ts",
    find: "isSwapped ? at(beforeLast, j - 2) + 1 :",
    replace: "isSwapped ? at(beforeLast, j - 2) + 2 :",
    tests: ["src/api/nearest.test.ts"],
  },
  {
    name: "what a key takes is not told where its value in JSON is refused",
    file: "src/http/serve.ts",
    find: "readInput({ takes, keys }, request",
    replace: "readInput({ takes }, request",
    tests: ["src/http/body/input.test.ts"],
  },
  {
    name: "a required key may be missing",
    file: "src/api/input.ts",
    find: 'if (moment === "create") requireAll(table, changes);',
    replace: 'if (moment === "stopped") requireAll(table, changes);',
    tests: [KEY],
  },
  {
    name: "a list is taken for any key",
    file: "src/api/input.ts",
    find: "if (Array.isArray(value) && key.takesList !== true)",
    replace: "if (Array.isArray(value) && key.takesList === null)",
    tests: [KEY],
  },
  {
    name: "of a key that came twice the first counts",
    file: "src/http/formats/text.ts",
    find: '    input.set(key, space === -1 ? "" : line.slice(space + 1));',
    replace: '    if (!input.has(key)) input.set(key, space === -1 ? "" : line.slice(space + 1));',
    tests: [TEXT],
  },
  {
    name: "control characters are values",
    file: "src/base/one-line.ts",
    find: "return !BREAKS_LINE.test(text) && text.isWellFormed();",
    replace: "return text.isWellFormed();",
    tests: [TEXT],
  },
  {
    name: "a media type with a weight of 0 is answered",
    file: "src/http/formats/negotiate.ts",
    find: "if (preference.quality > 0 && isBetter)",
    replace: "if (preference.quality >= 0 && isBetter)",
    tests: ["src/http/formats/negotiate.test.ts"],
  },
  {
    name: "busy is answered as 403",
    file: "src/http/status.ts",
    find: "  busy: 409,",
    replace: "  busy: 403,",
    tests: ["src/http/errors.test.ts"],
  },
  {
    name: "a gzipped body counts as long as it came",
    file: "src/http/body/gzip.ts",
    find: "      lengthBytes += chunk.length;",
    replace: "      lengthBytes = chunk.length;",
    tests: [GZIP],
  },
  {
    name: "an NBD error is taken for success",
    file: "src/host/wire/nbd.ts",
    find: "if (code === 0) request.resolve();",
    replace: "if (code >= 0) request.resolve();",
    tests: [NBD],
  },
  {
    name: "requests of a lost NBD connection wait for ever",
    file: "src/host/wire/nbd.ts",
    find: "for (const { reject } of this.#pending.values()) reject(fault);",
    replace: "for (const { reject } of this.#pending.values()) if (fault === null) reject(fault);",
    tests: [NBD_HOSTILE],
  },
  {
    name: "an NBD server that does not answer is waited for",
    file: "src/host/wire/nbd.ts",
    find: "if (leftMs > 0) {\n        this.#timer = setTimeout(look, leftMs);",
    replace: "if (leftMs !== 0) {\n        this.#timer = setTimeout(look, this.#deadlineMs);",
    tests: [NBD_HOSTILE],
  },
  {
    name: "a QMP error is taken for an answer",
    file: "src/host/wire/qmp.ts",
    find: 'if (message.is === "refusal") {',
    replace:
      'if (message.is === "refusal") {\n      resolve(null);\n      return;\n    }\n    if (command === "") {',
    tests: [QMP],
  },
  {
    name: "requests of a lost QMP connection wait for ever",
    file: "src/host/wire/qmp.ts",
    find: "        reject(new ConnectionLost(command, this.#fault));",
    replace: "        void [reject, command];",
    tests: [QMP],
  },
  {
    name: "a QMP peer that does not answer is waited for",
    file: "src/host/wire/qmp.ts",
    find: "      this.#pending.get(id)?.reject(late);\n",
    replace: "      void late;\n",
    tests: [QMP],
  },
  {
    name: "a late QMP answer is the next command's",
    file: "src/host/wire/qmp.ts",
    find: "const request = message.id === null ? undefined : this.#pending.get(message.id);",
    replace: "const [request] = [...this.#pending.values()];",
    tests: [QMP],
  },
  {
    name: "properties that come chunked have no bound",
    file: "src/http/body/input.ts",
    find: "if (sizeBytes > MOST_INPUT_BYTES) throw tooLong();",
    replace: "if (sizeBytes < 0) throw tooLong();",
    tests: ["src/http/body/input.test.ts"],
  },
  {
    name: "a caller that is silent is waited for",
    file: "src/http/body/content.ts",
    find: "const withinMs = Math.min(this.#limits.silenceMs, this.#pace.leftMs);",
    replace: "const withinMs = 2 ** 31 - 1;",
    tests: [CONTENT],
  },
  {
    name: "a body that nobody reads is taken whole",
    file: "src/http/body/body.ts",
    find: "if (leftBytes < 0) socket.destroy();",
    replace: "if (leftBytes === 0.5) socket.destroy();",
    tests: [CONTENT],
  },
  {
    name: "headers may take for ever to come",
    file: "src/http/node-server.ts",
    find: "headersTimeout: headersMs,",
    replace: "headersTimeout: 0,",
    tests: ["src/http/server.test.ts"],
  },
  {
    name: "the rest of a body that nobody reads may take for ever to come",
    file: "src/http/body/body.ts",
    find: "const deadline = setTimeout(() => socket.destroy(), deadlineMs);",
    replace: "void deadlineMs;\n  const deadline = undefined;",
    tests: ["src/http/body/body.test.ts"],
  },
  {
    name: "the file of a body that is kept has a name",
    file: "src/http/body/scratch.ts",
    find: "    await unlink(name);\n",
    replace: "",
    tests: ["src/http/body/kept-body.test.ts"],
  },
  {
    name: "properties that say that they are too long are read first",
    file: "src/http/body/input.ts",
    find: '  if (Number(request.headers["content-length"] ?? 0) > MOST_INPUT_BYTES) throw tooLong();\n',
    replace: "",
    tests: ["src/http/body/input.test.ts"],
  },
];
