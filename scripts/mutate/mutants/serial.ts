/** Planted bugs in the serial ports of servers, and in how they are shown. */
import type { Mutant } from "../mutant.ts";

const PORTS = "src/host/qemu/serial/ports.test.ts";
const SCREENS = "test/state/screens.test.ts";
const KEYS = "console/test/keys.test.ts";

export const SERIALS: readonly Mutant[] = [
  {
    name: "what is said is kept without a bound",
    file: "src/host/qemu/serial/history.ts",
    find: "if (before >= HISTORY_BYTES) await rename",
    replace: "if (before >= 100 * HISTORY_BYTES) await rename",
    tests: [PORTS],
  },
  {
    name: "what an earlier run said is in that of the next",
    file: "src/host/qemu/serial/ports.ts",
    find: "if (isNew) history.clear()",
    replace: "if (!isNew) history.clear()",
    tests: [PORTS],
  },
  {
    name: "what is not written yet is not shown",
    file: "src/host/qemu/serial/port.ts",
    find: "const unwritten = this.#unwritten.look();",
    replace: "const unwritten = Buffer.alloc(0);",
    tests: [PORTS],
  },
  {
    name: "a slow viewer is held without a bound",
    file: "src/host/qemu/serial/viewer.ts",
    find: "stream.readableLength + bytes.length <= MOST_BEHIND",
    replace: "stream.readableLength < 1_000_000_000",
    tests: [PORTS],
  },
  {
    name: "what somebody had to say who has gone is said",
    file: "src/host/qemu/serial/viewer.ts",
    find: 'this.stream.once("close", () => input.forget(this));',
    replace: "",
    tests: [PORTS],
  },
  {
    name: "a message is said at once, however long",
    file: "src/host/qemu/serial/viewer.ts",
    find: "const PIECE_BYTES = 4096;",
    replace: "const PIECE_BYTES = 1_000_000;",
    tests: [PORTS],
  },
  {
    name: "a connection to a port that is lost is lost for good",
    file: "src/host/qemu/serial/port.ts",
    find: "this.#again = setTimeout(() => this.#connect(), pauseMs).unref();",
    replace: "this.#again = setTimeout(() => {}, pauseMs).unref();",
    tests: [PORTS],
  },
  {
    name: "what was not written yet is lost as the daemon ends",
    file: "src/host/qemu/serial/port.ts",
    find: "this.history.appendLast(last);",
    replace: "void last;",
    tests: [PORTS],
  },
  {
    name: "what a server said last is not read after its end",
    file: "src/host/qemu/serial/port.ts",
    find: "if (this.#socket !== null) await this.#readLast(this.#socket);",
    replace: "",
    tests: [PORTS],
  },
  {
    name: "what a server said stays for ever",
    file: "src/host/qemu/serial/ports.ts",
    find: "const KEPT_MS = 7 *",
    replace: "const KEPT_MS = 700 *",
    tests: [PORTS],
  },
  {
    name: "a slow disk has what is said held without a bound",
    file: "src/host/qemu/serial/unwritten.ts",
    find: "(this.#bytes > HISTORY_BYTES || this.#held.bytes > this.#most)",
    replace: "this.#bytes > HISTORY_BYTES",
    tests: [PORTS],
  },
  {
    name: "a port is read as fast as its guest writes",
    file: "src/host/qemu/serial/turns.ts",
    find: "const BYTES_A_MS = 128;",
    replace: "const BYTES_A_MS = 128_000;",
    tests: [PORTS],
  },
  {
    name: "all ports are read at once",
    file: "src/host/qemu/serial/turns.ts",
    find: "const MOST_A_TICK = 32;",
    replace: "const MOST_A_TICK = 32_000;",
    tests: [PORTS],
  },
  {
    name: "a ticket of either kind opens both",
    file: "src/servers/tickets.ts",
    find: "if (given?.kind !== kind) return null;",
    replace: "if (given === undefined) return null;",
    tests: [SCREENS],
  },
  {
    name: "what a stopped server said is cut off as it is sent",
    file: "src/http/door.ts",
    find: "if (before !== undefined) this.#send",
    replace: "if (before === null) this.#send",
    tests: [SCREENS],
  },
  {
    name: "a message to a serial port is as long as one to a screen",
    file: "src/http/upgrades.ts",
    find: "serial: 2 ** 16 }",
    replace: "serial: 2 ** 20 }",
    tests: [SCREENS],
  },
  {
    name: "what a server said outlives it",
    file: "src/servers/lifecycle/end.ts",
    find: "if (removedFrom !== null) forgetSaid",
    replace: 'if (removedFrom === "") forgetSaid',
    tests: [SCREENS],
  },
  {
    name: "a key that waits for the next one is left waiting",
    file: "console/src/screen/keys.ts",
    find: "dead.includes(character) ? [stroke, SPACE] : [stroke]",
    replace: "[stroke]",
    tests: [KEYS],
  },
  {
    name: "a sign of a third level is typed with Shift",
    file: "console/src/screen/keys.ts",
    find: "[[], [SHIFT], [ALT_GR]]",
    replace: "[[], [SHIFT], [SHIFT]]",
    tests: [KEYS],
  },
  {
    name: "less is kept of what a server said than is told",
    file: "src/host/qemu/serial/history.ts",
    find: "HISTORY_BYTES = 2 ** 18",
    replace: "HISTORY_BYTES = 2 ** 14",
    tests: [PORTS],
  },
];
