// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text of templates.
/** Planted bugs in what bounds hostile parts, and in the net under what nobody caught. */
import type { Mutant } from "../mutant.ts";

const QMP_HOSTILE = "src/host/wire/qmp-hostile.test.ts";
const NBD_HOSTILE = "src/host/wire/nbd-hostile.test.ts";
const LASTING = "src/host/qemu/lasting-qmp.test.ts";
const MONITOR = "src/host/qemu/monitor.test.ts";
const STUCK = "src/host/volumes/stuck.test.ts";
const UNCAUGHT = "src/base/uncaught.test.ts";

export const HOSTILE: readonly Mutant[] = [
  {
    name: "a line has no longest length",
    file: "src/host/wire/lines.ts",
    find: "if (length > this.#mostBytes) throw",
    replace: "if (length > 512 * this.#mostBytes) throw",
    tests: [QMP_HOSTILE, "src/host/wire/lines.test.ts"],
  },
  {
    name: "each message that nobody asked for is looked at",
    file: "src/host/wire/qmp.ts",
    find: "if (!isAnswer && this.#unasked.take(1, performance.now()) > 0) return;",
    replace: "void isAnswer;",
    tests: [QMP_HOSTILE],
  },
  {
    name: "a peer that never ends is read as fast as it writes",
    file: "src/host/wire/qmp.ts",
    find: "const waitMs = this.#bytes.take(0, performance.now());",
    replace: "const waitMs = 0 * this.#bytes.take(0, performance.now());",
    tests: [QMP_HOSTILE],
  },
  {
    name: "answers are not held against their form",
    file: "src/host/wire/qmp.ts",
    find: "if (judged === undefined || judged.success) {",
    replace: "if (judged === undefined || judged.success || true) {",
    tests: [QMP_HOSTILE],
  },
  {
    name: "a refusal is repeated whole",
    file: "src/host/wire/qmp-errors.ts",
    find: "description.slice(0, SAID_CHARACTERS)",
    replace: "description.slice(0, 1000 * SAID_CHARACTERS)",
    tests: [QMP_HOSTILE],
  },
  {
    name: "a message that is none of QMP's is passed over",
    file: "src/host/wire/qmp.ts",
    find: 'if (message === null) this.close(new Nonsense(this.#peer, "a line is no message of QMP"));',
    replace: "if (message === null) return;",
    tests: [QMP_HOSTILE],
  },
  {
    name: "whoever greets and hangs up is asked again without a pause",
    file: "src/host/qemu/lasting-qmp.ts",
    find: "< SOUND_MS ? failed + 1 : 0;",
    replace: "< SOUND_MS ? 0 * failed : 0;",
    tests: [LASTING],
  },
  {
    name: "that a QEMU talks nonsense is not said",
    file: "src/host/qemu/lasting-qmp.ts",
    find: "const isOver = qmp.fault !== null || failed > ATTEMPTS_WHILE_ENDING;",
    replace: "const isOver = failed > ATTEMPTS_WHILE_ENDING;",
    tests: [LASTING],
  },
  {
    name: "the state is looked at for each event",
    file: "src/host/qemu/monitor.ts",
    find: "if (waitMs > 0) await delay(waitMs, undefined, { ref: false });",
    replace: "void delay;\n    void waitMs;",
    tests: [MONITOR],
  },
  {
    name: "a QEMU that does not tell its state is taken for one that answers",
    file: "src/host/qemu/monitor.ts",
    find: "      this.#qmp.giveUp(nonsense);\n",
    replace: "",
    tests: [MONITOR],
  },
  {
    name: "a storage daemon that talks nonsense is kept",
    file: "src/host/volumes/storage-daemon.ts",
    find: "if (!session.adopted || !(error instanceof ConnectionLost || error instanceof Nonsense)) throw error;",
    replace:
      "if (!session.adopted || !(error instanceof ConnectionLost && error instanceof Nonsense)) throw error;",
    tests: [STUCK],
  },
  {
    name: "an NBD server's answers may go on for ever",
    file: "src/host/wire/nbd-negotiation.ts",
    find: "if (++answers > MOST_ANSWERS) {",
    replace: "if (++answers > 1000 * MOST_ANSWERS) {",
    tests: [NBD_HOSTILE],
  },
  {
    name: "an NBD server is waited for as long as a byte comes now and then",
    file: "src/host/wire/nbd.ts",
    find: "Math.min(this.#progressAt, askedMs + (MOST_DEADLINES - 1) * this.#deadlineMs)",
    replace: "Math.max(this.#progressAt, askedMs + 0 * MOST_DEADLINES)",
    tests: [NBD_HOSTILE],
  },
  {
    name: "what a guest says that it counted has no bound",
    file: "src/drives/counters.ts",
    find: '.when(column, ">", Number.MAX_SAFE_INTEGER - added)',
    replace: '.when(column, "<", 0)',
    tests: ["test/state/server-ends.test.ts"],
  },
  {
    name: "what nobody caught fails no work",
    file: "src/base/uncaught.ts",
    find: "    work?.fail(error);\n",
    replace: "",
    tests: [UNCAUGHT],
  },
  {
    name: "whatever nobody caught is told, however often it comes",
    file: "src/base/uncaught.ts",
    find: "if (told.take(1, performance.now()) > 0) {",
    replace: "if (told.take(0, performance.now()) > 0) {",
    tests: [UNCAUGHT],
  },
  {
    name: "what nobody caught ends the daemon",
    file: "src/base/uncaught.ts",
    find: '  process.on("uncaughtException", caught);\n  process.on("unhandledRejection", caught);\n',
    replace: "  void caught;\n",
    tests: ["test/uncaught.test.ts"],
  },
  {
    name: "a server that cannot be taken up keeps a start from going on",
    file: "src/host/qemu/adopt.ts",
    find: "answerable({ server: uuid }, () => adopt(uuid, processes.get(uuid) ?? null, adoption))",
    replace: "adopt(uuid, processes.get(uuid) ?? null, adoption)",
    tests: ["src/host/qemu/adopt.test.ts"],
  },
  {
    name: "a change within which something was thrown is never answered",
    file: "src/http/serve.ts",
    find: "answerable({ requestId: exchange.requestId, command: command.path }, async () => work(admitted))",
    replace: "work(caller)",
    tests: ["src/http/uncaught-request.test.ts"],
  },
  {
    name: "an operation within which something was thrown is never tried again",
    file: "src/operations/worker.ts",
    find: "await answerable({ [operation.noun]: object, action, generation }, () => handler(operation));",
    replace: "await handler(operation);\n      void [object, action, generation];",
    tests: ["src/operations/worker-uncaught.test.ts"],
  },
  {
    name: "a body of JSON has any number of keys",
    file: "src/http/formats/json.ts",
    find: "  ensureFewKeys(keysIn(body));\n",
    replace: "",
    tests: ["src/http/formats/json.test.ts"],
  },
  {
    name: "a colon in a value of JSON counts as a key",
    file: "src/http/formats/json.ts",
    find: 'else if (character === ":" && !isString) count++;',
    replace: 'else if (character === ":") count++;',
    tests: ["src/http/formats/json.test.ts"],
  },
  {
    name: "a body of text has any number of keys",
    file: "src/http/formats/text.ts",
    find: "  ensureFewKeys(linesIn(text));\n",
    replace: "",
    tests: ["src/http/formats/text.test.ts"],
  },
  {
    name: "a list in JSON has any number of words",
    file: "src/http/formats/json.ts",
    find: "  if (Array.isArray(value)) ensureFewWords(key, value.length);\n",
    replace: "",
    tests: ["src/http/formats/json.test.ts"],
  },
  {
    name: "an object keeps any number of keys",
    file: "src/api/attributes.ts",
    find: "if (keys > MOST_KEPT_KEYS && keys > Object.keys(before).length) {",
    replace: "if (keys < 0) {",
    tests: ["src/api/attributes.test.ts"],
  },
];
