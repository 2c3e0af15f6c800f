/** Planted bugs in what bounds an account: what it keeps, lists, queues, holds and asks. */
import type { Mutant } from "../mutant.ts";

const ATTRIBUTES = "src/api/attributes.test.ts";
const PIECES = "src/http/pieces.test.ts";
const PAGES = "src/base/pages.test.ts";
const READERS = "test/state/reader-imagings.test.ts";
const LISTS = "test/state/long-lists.test.ts";

export const LIMITS: readonly Mutant[] = [
  {
    name: "an object keeps more than 64 KiB",
    file: "src/api/attributes.ts",
    find: "if (bytes <= MOST_KEPT_BYTES ||",
    replace: "if (bytes <= 16 * MOST_KEPT_BYTES ||",
    tests: [ATTRIBUTES],
  },
  {
    name: "the refusal of a large object names its smallest key",
    file: "src/api/attributes.ts",
    find: "other.bytes - one.bytes",
    replace: "one.bytes - other.bytes",
    tests: [ATTRIBUTES],
  },
  {
    name: "an object that an earlier version let keep more cannot be made smaller",
    file: "src/api/attributes.ts",
    find: " || bytes <= Buffer.byteLength(attributesText(before))",
    replace: "",
    tests: [ATTRIBUTES],
  },
  {
    name: "the objects of a list are written without what stands between them",
    file: "src/http/pieces.ts",
    find: "isFirst ? object(each) : between + object(each)",
    replace: "object(each)",
    tests: [PIECES],
  },
  {
    name: "a long list is made whole whether its caller takes it or not",
    file: "src/http/pieces.ts",
    find: "if (response.destroyed || response.write(text)) return;",
    replace: 'if (response.destroyed || response.write(text) || text !== "") return;',
    tests: [PIECES],
  },
  {
    name: "a list that failed in the middle ends as if it were whole",
    file: "src/http/pieces.ts",
    find: "if (reply.response.headersSent) reply.response.destroy();",
    replace: "if (reply.response.headersSent) reply.response.end();",
    tests: [PIECES],
  },
  {
    name: "a HEAD reads all of a long list",
    file: "src/http/pieces.ts",
    find: 'if (response.req.method !== "HEAD") {',
    replace: 'if (response.req.method !== "") {',
    tests: [PIECES],
  },
  {
    name: "a list whose caller hung up is made to its end",
    file: "src/http/pieces.ts",
    find: "      if (response.destroyed) return;\n",
    replace: "",
    tests: [PIECES],
  },
  {
    name: "a user's lists are under way without bound",
    file: "src/base/keyed-slots.ts",
    find: "if (held.count < this.#most) held.count++;",
    replace: "if (held.count < Number.POSITIVE_INFINITY) held.count++;",
    tests: ["src/base/keyed-slots.test.ts", PIECES],
  },
  {
    name: "a long list gives way to nobody",
    file: "src/base/pages.ts",
    find: "    await giveWay();\n",
    replace: "",
    tests: [PAGES, LISTS],
  },
  {
    name: "a page of large rows has as many as one of small rows",
    file: "src/base/pages.ts",
    find: "Math.floor((PAGE_BYTES * rows.length) / bytes)",
    replace: "MOST_ROWS",
    tests: [PAGES, LISTS],
  },
  {
    name: "the rows of long lists are kept in memory",
    file: "src/store/sqlite/row-cache.ts",
    find: "    if (characters > MOST_CHARACTERS_EACH) return rows;\n",
    replace: "",
    tests: ["src/store/sqlite/row-cache.test.ts"],
  },
  {
    name: "a server of an earlier version has no MAC address in its VLAN",
    file: "src/store/migrations/0006-lists.ts",
    find: 'String(keys["nic:1:mac"] ?? generatedMac(uuid))',
    replace: 'String(keys["nic:1:mac"] ?? "")',
    tests: ["src/store/migrations/migrations.test.ts"],
  },
  {
    name: "an account has imagings waiting without bound",
    file: "src/drives/imaging/image.ts",
    find: "if (Number(count) < MOST_OF_USER) return;",
    replace: "if (Number(count) < 1_000_000) return;",
    tests: [READERS],
  },
  {
    name: "a reader's job begins beside the start of its source's server",
    file: "src/drives/imaging/image.ts",
    find: "if (from.user !== onto.user && (await",
    replace: 'if (from.user === "" && (await',
    tests: [READERS],
  },
  {
    name: "a reader's job that begins just before a write refuses it",
    file: "src/drives/transfer.ts",
    find: "if (!isReadFrom || tries === MOST_TRIES) throw error;",
    replace: "if (isReadFrom || tries === MOST_TRIES) throw error;",
    tests: [READERS],
  },
  {
    name: "a change is begun while the jobs of readers go on",
    file: "src/operations/worker.ts",
    find: "      await Promise.allSettled(before.map((each) => this.perform(each)));\n",
    replace: "",
    tests: [READERS],
  },
  {
    name: "a destruction leaves readers' imagings",
    file: "src/drives/lifecycle/destroy.ts",
    find: "const before = await endReadersImagings(tx, worker, drive);",
    replace: "const before = [];",
    tests: [READERS],
  },
  {
    name: "a growth leaves readers' imagings",
    file: "src/drives/lifecycle/set.ts",
    find: "const ending = await endReadersImagings(tx, worker, drive);",
    replace: "const ending = [];",
    tests: [READERS],
  },
];
