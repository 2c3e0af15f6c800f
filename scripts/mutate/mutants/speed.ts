/** Bugs of what makes requests and tests quick, and of what these wait for. */
import type { Mutant } from "../mutant.ts";

const TAKING = "src/http/taking.test.ts";
const TIMES = "scripts/test/file-times.test.ts";

export const SPEED: readonly Mutant[] = [
  {
    name: "an answer that is still on its way is taken for one that was taken",
    file: "src/http/taking.ts",
    find: "writableEnded && writableLength === 0;",
    replace: "writableEnded && writableLength >= 0;",
    tests: [TAKING],
  },
  {
    name: "a timer is made for an answer that is with the system already",
    file: "src/http/taking.ts",
    find: "socket.destroyed || isWithSystem(response)) return;",
    replace: "socket.destroyed || (isWithSystem(response) && response.writableFinished)) return;",
    tests: [TAKING],
  },
  {
    name: "the files that took least are named as those that took longest",
    file: "scripts/test/file-times.ts",
    find: "toSorted(([, one], [, other]) => other - one)",
    replace: "toSorted(([, one], [, other]) => one - other)",
    tests: [TIMES],
  },
  {
    name: "upkeep that is closed goes on looking",
    file: "src/host/network/upkeep.ts",
    find: "    clearInterval(this.#timer);\n",
    replace: "",
    tests: ["src/host/network/upkeep.test.ts"],
  },
  {
    name: "a URL leads where another method of it led",
    file: "src/http/known-routes.ts",
    find: "return this.#byMethod.get(method)?.get(url);",
    replace: "return [...this.#byMethod.values()].find((byUrl) => byUrl.has(url))?.get(url);",
    tests: ["src/http/known-routes.test.ts"],
  },
  {
    name: "URLs are remembered without end",
    file: "src/http/known-routes.ts",
    find: "if (this.#count === MOST_URLS) {",
    replace: "if (this.#count < 0) {",
    tests: ["src/http/known-routes.test.ts"],
  },
  {
    name: "ids of requests come again",
    file: "src/http/request-id.ts",
    find: "if (last === 0) first =",
    replace: "if (count === 0) first =",
    tests: ["src/http/request-id.test.ts"],
  },
];
