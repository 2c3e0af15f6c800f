/** Planted bugs in how a server ends, in TLS, behind proxies, and in what callers take. */
import type { Mutant } from "../mutant.ts";

const DRAIN = "src/http/drain.test.ts";
const PIECES = "src/http/pieces.test.ts";

export const DRAINS: readonly Mutant[] = [
  {
    name: "lists of all servers of a process share their turns",
    file: "src/http/pieces.ts",
    find: "export const slotsForLists = () => new KeyedSlots(LISTS_AT_ONCE);",
    replace: "const all = new KeyedSlots(LISTS_AT_ONCE);\nexport const slotsForLists = () => all;",
    tests: [PIECES],
  },
  {
    name: "a server that is being stopped begins more",
    file: "src/http/drain.ts",
    find: "if (this.#isDraining) this.#refuse",
    replace: "if (this.#underWay < 0) this.#refuse",
    tests: [DRAIN],
  },
  {
    name: "a server that is stopped cuts off what is under way",
    file: "src/http/drain.ts",
    find: "await withinOr(withinMs, this.#idle.promise, () => {});",
    replace: "void withinMs;\n    void withinOr;",
    tests: [DRAIN],
  },
  {
    name: "what is under way holds up a server's end without bound",
    file: "src/http/drain.ts",
    find: "await withinOr(withinMs, this.#idle.promise, () => {});",
    replace: "await withinOr(withinMs * 1e6, this.#idle.promise, () => {});",
    tests: [DRAIN],
  },
  {
    name: "who is refused by a server that ends is not waited for",
    file: "src/http/drain.ts",
    find: "    drain(request);\n    this.#count(response);\n",
    replace: "    drain(request);\n",
    tests: [DRAIN],
  },
  {
    name: "an answer that is the last of its connection does not say so",
    file: "src/http/drain.ts",
    find: 'if (!response.headersSent && response.req.complete) response.setHeader("Connection", "close");',
    replace: "",
    tests: [DRAIN],
  },
];
