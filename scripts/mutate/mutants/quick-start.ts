/** Bugs in what makes starts and lists quick: what is looked at once, or not at all. */
import type { Mutant } from "../mutant.ts";

const BRIDGED = "src/host/network/bridged.ts";
const TAKEOVER = ["src/host/network/takeover.test.ts"];

export const QUICK_START: readonly Mutant[] = [
  {
    name: "bridges that do not come up end the start",
    file: "src/host/network/open.ts",
    find: "    if ((await bridgingObstacles()).length === 0) throw error;\n",
    replace: "    throw error;\n",
    tests: ["src/host/network/kind.test.ts"],
  },
  {
    name: "a namespace that is taken over is thought to be new",
    file: BRIDGED,
    find: 'isNew ? [] : await namespace.ask<Link[]>("link show")',
    replace: 'namespace === null ? await inNamespace(cloud).ask<Link[]>("link show") : []',
    tests: TAKEOVER,
  },
  {
    name: "the DHCP server of an earlier daemon goes on beside the next one's",
    file: "src/host/network/dhcp.ts",
    find: "if (!options.isNew) await endDhcp(directory);",
    replace: "if (options.isNew) await endDhcp(directory);",
    tests: ["src/host/network/dhcp.test.ts", ...TAKEOVER],
  },
  {
    name: "servers of which their host knows more than the store are passed over",
    file: "src/servers/lifecycle/look.ts",
    find: 'finding !== "agrees" && finding !== "under way"',
    replace: 'finding === "ended"',
    tests: ["test/state/server-ends.test.ts"],
  },
  {
    name: "relative imports are resolved against the working directory",
    file: "scripts/relative-imports.cjs",
    find: "new URL(specifier, parentURL)",
    replace: 'new URL(specifier, "file:///")',
    tests: ["scripts/node.test.ts"],
  },
  {
    name: "a list of servers tells a change only once the daemon is started anew",
    file: "src/store/recent-objects.ts",
    find: "return kept?.revision === revision && kept.generation === generation ? kept : null;",
    replace: "return kept !== undefined && revision + generation >= 0 ? kept : null;",
    tests: ["test/state/long-lists.test.ts", "src/store/recent-objects.test.ts"],
  },
  {
    name: "a list tells an object that changed as it was, among others that did not",
    file: "src/http/formats/told-pages.ts",
    find: "one.length === other.length && one.every((object, at) => object === other[at]);",
    replace: "one.length === other.length;",
    tests: ["src/http/pieces.test.ts", "src/http/formats/told-pages.test.ts"],
  },
  {
    name: "what is kept of rows and of pages has no bound",
    file: "src/base/bounded-map.ts",
    find: "if (this.#size > this.#most) this.#makeRoom();",
    replace: "if (this.#size < 0) this.#makeRoom();",
    tests: [
      "src/base/bounded-map.test.ts",
      "src/store/recent-objects.test.ts",
      "src/http/formats/told-pages.test.ts",
    ],
  },
  {
    name: "an image that was imported anew under its uuid is told as the one before it",
    file: "src/drives/records.ts",
    find: "isKept: ({ standard, properties }) => standard === null && properties.length <= MOST_KEPT_BYTES,",
    replace: "isKept: ({ properties }) => properties.length <= MOST_KEPT_BYTES,",
    tests: ["test/conformance/images.test.ts"],
  },
  {
    name: "what a drive has read is told only once something else of it changes",
    file: "src/drives/counters.ts",
    find: '        revision: row("revision", "+", 1),\n',
    replace: "",
    tests: ["test/state/long-lists.test.ts"],
  },
  {
    name: "a list of drives tells no imagings",
    file: "src/drives/records.ts",
    find: "if (claims.length === 0 && imagings.length === 0) return drive;",
    replace: "if (claims.length === 0) return drive;",
    tests: ["test/state/long-lists.test.ts"],
  },
  {
    name: "what is answered of a drive keeps the counts that were told first",
    file: "src/drives/answer.ts",
    find: "if (known?.io === io) return known.answer;",
    replace: "if (known !== undefined) return known.answer;",
    tests: ["src/drives/answer.test.ts"],
  },
  {
    name: "quotation marks in a value end it",
    file: "src/http/formats/json.ts",
    find: "const PLAIN = /^[ !#-[",
    replace: "const PLAIN = /^[ !-[",
    tests: ["src/http/formats/json.test.ts"],
  },
];
