/** Planted bugs in what bounds the memory, the time and the number of what callers send and take. */
import type { Mutant } from "../mutant.ts";

const SHARES = "src/base/fair-shares.test.ts";
const IN_ORDER = "src/http/in-order.test.ts";
const ANSWER_BYTES = "src/http/answer-bytes.test.ts";
const TAKING = "src/http/taking.test.ts";
const CONTENT = "src/http/body/content.test.ts";
const PACE = "src/http/body/pace.test.ts";
const GZIP = "src/http/body/gzip.test.ts";
const KEPT = "src/http/body/kept-body.test.ts";
const CONNECTIONS = "src/http/connections.test.ts";

export const BOUNDS: readonly Mutant[] = [
  {
    name: "one may hold all that there is",
    file: "src/base/fair-shares.ts",
    find: "+ amount <= this.#free - amount;",
    replace: "* 0 + amount <= this.#free;",
    tests: [SHARES],
  },
  {
    name: "whoever fits is served before one of less that does not",
    file: "src/base/fair-shares.ts",
    find: "heldBy(waiter) < heldBy(first) ? waiter : first",
    replace: "heldBy(waiter) > heldBy(first) ? waiter : first",
    tests: [SHARES],
  },
  {
    name: "a share is given back as often as it is said",
    file: "src/base/fair-shares.ts",
    find: "if (!isHeld) return;",
    replace: "if (!isHeld && amount < 0) return;",
    tests: [SHARES],
  },
  {
    name: "pipelined requests are served at once",
    file: "src/http/in-order.ts",
    find: "line.waiting.length > 0 || !line.current.writableFinished",
    replace: "line.waiting.length > 1_000",
    tests: [IN_ORDER, ANSWER_BYTES],
  },
  {
    name: "any number of requests waits on a connection",
    file: "src/http/in-order.ts",
    find: "line.isClosing = line.waiting.length === MOST_WAITING - 1;",
    replace: "line.isClosing = line.waiting.length === 1_000_000;",
    tests: [IN_ORDER],
  },
  {
    name: "what is no HTTP is answered before the requests that came before it",
    file: "src/http/in-order.ts",
    find: "const isIdle = line == null ||",
    replace: "const isIdle = line == null || line.waiting.length < 100 ||",
    tests: [IN_ORDER],
  },
  {
    name: "a body that is cut off is waited for behind itself",
    file: "src/http/in-order.ts",
    find: "writableFinished || !req.complete;",
    replace: "writableFinished || req.destroyed;",
    tests: [IN_ORDER],
  },
  {
    name: "requests of a caller who hung up are served all the same",
    file: "src/http/in-order.ts",
    find: "const turn = socket.writable ? line.waiting.shift() : undefined;",
    replace: "const turn = line.waiting.shift();",
    tests: [IN_ORDER],
  },
  {
    name: "an answer's pieces are written without waiting for the one before",
    file: "src/http/taking.ts",
    find: "await this.#pace.wait(taken,",
    replace: "void this.#pace.wait(taken,",
    tests: [ANSWER_BYTES],
  },
  {
    name: "who takes nothing is waited for",
    file: "src/http/taking.ts",
    find: "Math.min(this.#limits.silenceMs, this.#pace.leftMs)",
    replace: "this.#pace.leftMs",
    tests: [ANSWER_BYTES, TAKING],
  },
  {
    name: "who takes a little now and then is waited for",
    file: "src/http/taking.ts",
    find: "Math.min(this.#limits.silenceMs, this.#pace.leftMs)",
    replace: "this.#limits.silenceMs",
    tests: [ANSWER_BYTES, TAKING],
  },
  {
    name: "an answer that was written whole may be left untaken",
    file: "src/http/serve.ts",
    find: "startMs);\n  ensureTaken(response, pace);\n",
    replace: "startMs);\n",
    tests: [TAKING],
  },
  {
    name: "properties take no share of memory",
    file: "src/http/serve.ts",
    find: "inFlight.hold(caller, inputShareBytes(request),",
    replace: "inFlight.hold(caller, 0,",
    tests: ["src/http/body/bytes-in-flight.test.ts"],
  },
  {
    name: "a read takes no share of memory",
    file: "src/http/serve.ts",
    find: "inFlight.hold(asked.caller, bytes.heldBytes,",
    replace: "inFlight.hold(asked.caller, 0,",
    tests: [ANSWER_BYTES],
  },
  {
    name: "a HEAD is sent the bytes",
    file: "src/http/answer-bytes.ts",
    find: 'if (response.req.method === "HEAD") break;',
    replace: 'if (response.req.method === "NONE") break;',
    tests: [ANSWER_BYTES],
  },
  {
    name: "the time that was waited is forgotten when a byte comes",
    file: "src/http/body/pace.ts",
    find: "this.#waitedMs += this.#nowMs() - startMs;",
    replace: "this.#waitedMs = this.#nowMs() - startMs;",
    tests: [PACE],
  },
  {
    name: "a timer is asked to wait for longer than it can",
    file: "src/http/body/pace.ts",
    find: "return Math.min(Math.max(0, leftMs), LONGEST_MS);",
    replace: "return Math.max(0, leftMs);",
    tests: [PACE],
  },
  {
    name: "the connection of a body that came too slowly is kept",
    file: "src/http/body/content.ts",
    find: 'if (!this.#response.headersSent) this.#response.setHeader("Connection", "close");',
    replace: "",
    tests: [CONTENT],
  },
  {
    name: "a gzipped body may be as long as it likes",
    file: "src/http/body/gzip.ts",
    find: "if (cameBytes > mostGzippedBytes(inflatedBytes())) {",
    replace: "if (cameBytes > mostGzippedBytes(inflatedBytes()) * 1_000) {",
    tests: [GZIP],
  },
  {
    name: "gzipped bodies are in memory without a share",
    file: "src/http/body/kept-body.ts",
    find: "inFlight.tryTake(caller, lengthBytes + HELD_INFLATED_BYTES)",
    replace: "inFlight.tryTake(caller, 0)",
    tests: [KEPT],
  },
  {
    name: "scratch has no bound over all",
    file: "src/http/body/scratch-room.ts",
    find: "this.#shares.take(user, bytes, this.#limits.waitMs);",
    replace: "this.#shares.take(user, 0 * bytes, this.#limits.waitMs);",
    tests: [KEPT],
  },
  {
    name: "a refused connection is served",
    file: "src/http/server.ts",
    find: "admit(socket) || inOrder.ignore(socket));",
    replace: "admit(socket));",
    tests: [CONNECTIONS],
  },
  {
    name: "each refused connection is a line of the log",
    file: "src/http/refusals.ts",
    find: "if (nowMs < this.#toldAtMs + TELL_EVERY_MS) return;",
    replace: "",
    tests: [CONNECTIONS],
  },
  {
    name: "what is behind an answer that ends the connection is done all the same",
    file: "src/http/in-order.ts",
    find: "socket.writable ? line",
    replace: "!socket.destroyed ? line",
    tests: [IN_ORDER],
  },
  {
    name: "CONNECT is answered before what came before it",
    file: "src/http/server.ts",
    find: "inOrder.broken(socket, () => answerConnect(socket, dependencies));",
    replace: "answerConnect(socket, dependencies);",
    tests: [IN_ORDER],
  },
  {
    name: "connections are counted for all addresses as one",
    file: "src/http/connections.ts",
    find: 'addressPrefix(remoteAddress ?? "")',
    replace: 'addressPrefix(remoteAddress === "" ? "" : "0.0.0.0")',
    tests: [CONNECTIONS],
  },
];
