/** Planted bugs in what keeps one account from taking what others need: room for bodies, turns, rates. */
import type { Mutant } from "../mutant.ts";

const SHARES = "src/base/fair-shares.test.ts";
const IMAGING = "test/state/imaging.test.ts";
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
];
