/** Planted bugs in what keeps one account from taking what others need: room for bodies, turns, rates. */
import type { Mutant } from "../mutant.ts";

const SHARES = "src/base/fair-shares.test.ts";
const IMAGING = "test/state/imaging.test.ts";
const RATES = "src/http/rates.test.ts";
const KEPT = "src/http/body/kept-body.test.ts";

export const FAIRNESS: readonly Mutant[] = [
  {
    name: "whoever waits keeps all others waiting",
    file: "src/base/fair-shares.ts",
    find: "next !== undefined && this.heldBy(next.holder) <= this.heldBy(holder);",
    replace: "next !== undefined;",
    tests: [SHARES, KEPT],
  },
  {
    name: "who comes last may pass those who wait and have no more",
    file: "src/base/fair-shares.ts",
    find: "this.heldBy(next.holder) <= this.heldBy(holder);",
    replace: "this.heldBy(next.holder) < 0 * this.heldBy(holder);",
    tests: [SHARES],
  },
  {
    name: "more that there is, is not given to those who wait",
    file: "src/base/fair-shares.ts",
    find: "    this.#total = total;\n    this.#serve();",
    replace: "    this.#total = total;",
    tests: [SHARES],
  },
  {
    name: "what a body announces is taken with its first byte",
    file: "src/http/body/scratch.ts",
    find: "const stepBytes = Math.min(STEP_BYTES, this.#lengthBytes",
    replace: "const stepBytes = Math.min(2 ** 50, this.#lengthBytes",
    tests: [KEPT],
  },
  {
    name: "a caller may fill the scratch room by several files",
    file: "src/http/body/scratch-room.ts",
    find: "return this.#shares.heldBy(user) + bytes <=",
    replace: "return bytes <=",
    tests: [KEPT],
  },
  {
    name: "a scratch file that is closed keeps its room",
    file: "src/http/body/scratch.ts",
    find: "for (const giveBack of this.#shares.splice(0)) giveBack();",
    replace: "this.#shares.splice(0);",
    tests: [KEPT],
  },
  {
    name: "one account takes all turns of imagings",
    file: "src/drives/imaging/turns.ts",
    find: "const forAll = most > 1 ? places - 1 : places;",
    replace: "const forAll = most > 1 ? places : places;",
    tests: [IMAGING],
  },
  {
    name: "whoever comes next takes the last turn",
    file: "src/drives/imaging/turns.ts",
    find: "const users = [...running, ...next].map(",
    replace: "const users = [...next].map(",
    tests: [IMAGING],
  },
  {
    name: "all that a body in memory inflates to is held",
    file: "src/http/body/gzip.ts",
    find: "      if (lengthBytes > HELD_INFLATED_BYTES) inflated = null;\n",
    replace: "",
    tests: ["src/http/body/gzip.test.ts"],
  },
  {
    name: "a connection that ends is charged nothing",
    file: "src/http/rates.ts",
    find: "    this.settle(this.#account, performance.now());",
    replace: "    void this.#account;",
    tests: [RATES],
  },
  {
    name: "drives are made without counting as objects",
    file: "src/drives/commands.ts",
    find: '    path: "drives/create",\n    creates: true,\n',
    replace: '    path: "drives/create",\n',
    tests: [RATES],
  },
  {
    name: "the rest of a body that nobody reads is taken while there is time",
    file: "src/http/body/body.ts",
    find: "const DRAIN_BYTES = 16 * 1024 * 1024;",
    replace: "const DRAIN_BYTES = Number.POSITIVE_INFINITY;",
    tests: ["src/http/body/body.test.ts"],
  },
  {
    name: "of two logins the first counts",
    file: "src/http/ambiguity.ts",
    find: "if (authorizations > 1) return",
    replace: "if (authorizations > 2) return",
    tests: ["src/http/ambiguity.test.ts"],
  },
  {
    name: "any coding goes before chunks",
    file: "src/http/ambiguity.ts",
    find: 'coding.toLowerCase() === "chunked" ?',
    replace: 'coding.toLowerCase().endsWith("chunked") ?',
    tests: ["src/http/ambiguity.test.ts"],
  },
];
