/** Planted bugs in what bounds an account: what it keeps, lists, queues, holds and asks. */
import type { Mutant } from "../mutant.ts";

const ATTRIBUTES = "src/api/attributes.test.ts";
const PIECES = "src/http/pieces.test.ts";
const PAGES = "src/base/pages.test.ts";
const READERS = "test/state/reader-imagings.test.ts";
const HAVE = "test/state/limits.test.ts";
const SHARE = "src/resources/fair-share.test.ts";
const RATES = "src/http/rates.test.ts";
const FAILED = "src/http/failed-logins.test.ts";
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
  {
    name: "an account has one object more than its limit",
    file: "src/limits/limits.ts",
    find: "if ((await countOf(tx, user, what)) < limits[what]) return;",
    replace: "if ((await countOf(tx, user, what)) <= limits[what]) return;",
    tests: [HAVE],
  },
  {
    name: "what others have counts to an account's limit",
    file: "src/limits/limits.ts",
    find: 'selectFrom(what).where("user", "=", user)',
    replace: 'selectFrom(what).where("user", "!=", "")',
    tests: [HAVE],
  },
  {
    name: "a full disk is told before the limit",
    file: "src/drives/lifecycle/create.ts",
    find: '  await ensureWithinLimit(tx, limits, user, "drives");\n  const { name: host } = placeDrive(sizeBytes, avoided, await allHosts(tx));\n',
    replace:
      '  const { name: host } = placeDrive(sizeBytes, avoided, await allHosts(tx));\n  await ensureWithinLimit(tx, limits, user, "drives");\n',
    tests: [HAVE],
  },
  {
    name: "an account takes a pool to its end",
    file: "src/resources/fair-share.ts",
    find: "  if (pool.holdings.size < pool.accounts) return false;\n",
    replace: "",
    tests: [SHARE],
  },
  {
    name: "an account that is alone has half of a pool",
    file: "src/resources/fair-share.ts",
    find: "return [...pool.holdings.values()].every((other) => other >= held);",
    replace: "return false;",
    tests: [SHARE],
  },
  {
    name: "static addresses are taken without a share",
    file: "src/resources/addresses.ts",
    find: "  await ensureFairShare(tx, user, sumOf(chosen.map(capacity)), () => staticHoldings(tx, chosen));\n",
    replace: "",
    tests: [HAVE],
  },
  {
    name: "temporary addresses are taken without a share",
    file: "src/resources/addresses.ts",
    find: "  await ensureFairShare(tx, server.user, Math.min(sizeOf(range), MOST_PORTS), () => usedHoldings(tx));\n",
    replace: "",
    tests: [HAVE],
  },
  {
    name: "a bucket brings more than a minute's worth",
    file: "src/base/token-bucket.ts",
    find: "Math.min(this.#most, this.#tokens",
    replace: "Math.min(1e12, this.#tokens",
    tests: ["src/base/token-bucket.test.ts"],
  },
  {
    name: "all accounts have one rate together",
    file: "src/http/rates.ts",
    find: "this.#accounts.get(user) ?? this.#remember(user, nowMs)",
    replace: 'this.#accounts.get("") ?? this.#remember("", nowMs)',
    tests: [RATES],
  },
  {
    name: "the bytes of a connection are never counted",
    file: "src/http/rates.ts",
    find: "this.#account.bytes.charge(moved - this.#counted, nowMs);",
    replace: "this.#account.bytes.charge(0 * (moved - this.#counted), nowMs);",
    tests: [RATES],
  },
  {
    name: "what only reads counts as an object that is made",
    file: "src/http/rates.ts",
    find: "if (command?.creates === true) ensureIn",
    replace: "if (command !== null) ensureIn",
    tests: [RATES],
  },
  {
    name: "failures lock out who has the right key",
    file: "src/http/credentials.ts",
    find: "    const caller = await this.#authenticate(named.user, named.secret);\n",
    replace:
      '    const before = this.#failed.answerTo({ address, name: named.user }, auth(""), this.#nowMs());\n    if (before.type === "busy") throw before;\n    const caller = await this.#authenticate(named.user, named.secret);\n',
    tests: [RATES],
  },
  {
    name: "failed logins count for their address alone",
    file: "src/http/failed-logins.ts",
    find: "(account === null ? [] :",
    replace: "(account !== '' ? [] :",
    tests: [FAILED],
  },
  {
    name: "each address of an IPv6 network may fail as often",
    file: "src/http/failed-logins.ts",
    find: "networkOf(address)}`",
    replace: "address}`",
    tests: [FAILED],
  },
  {
    name: "a password that was typed as a name is logged",
    file: "src/http/failed-logins.ts",
    find: "warn({ address, account, code: refusal.code }",
    replace: "warn({ address, account: name, code: refusal.code }",
    tests: [FAILED],
  },
  {
    name: "every failed login has a line in the log",
    file: "src/http/failed-logins.ts",
    find: "    this.#unlogged++;\n",
    replace: '    this.#logger?.warn({ address, account }, "login failed");\n',
    tests: [FAILED],
  },
  {
    name: "a user's headers push those of others out",
    file: "src/http/credentials.ts",
    find: "own.size < LIMIT_OF_USER ? [] : own",
    replace: "own.size < 10 * LIMIT_OF_USER ? [] : own",
    tests: ["src/http/credentials.test.ts"],
  },
];
