/** Sharing a drive by `readers`: who may do what with it and what they see of it, against a real cloud. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { CONTENT_TYPES, exchange, type Row } from "../../testing/conformance/exchange.ts";
import { makeUser } from "../../testing/user.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";
const EVERYBODY = "ffffffff-ffff-ffff-ffff-ffffffffffff";
const SERVER = { name: "s", cpu: 200, mem: 32 };

/** What the owner sets, in this order, and who may read then. */
const inForce: readonly {
  readonly readers: string | null;
  readonly answered: string | null;
  readonly may: readonly string[];
}[] = [
  { readers: "BOB", answered: "BOB", may: ["BOB"] },
  { readers: "BOB EVE", answered: "BOB EVE", may: ["BOB", "EVE"] },
  { readers: `EVE ${NOBODY} EVE`, answered: `EVE ${NOBODY}`, may: ["EVE"] },
  { readers: EVERYBODY.toUpperCase(), answered: EVERYBODY, may: ["BOB", "EVE"] },
  { readers: "", answered: null, may: [] },
  { readers: `EVE ${EVERYBODY}`, answered: `EVE ${EVERYBODY}`, may: ["BOB", "EVE"] },
  { readers: null, answered: null, may: [] },
  { readers: "BOB", answered: "BOB", may: ["BOB"] },
];

/** On SHARED, which BOB may read. */
const malformed: readonly Row[] = (
  [
    ["a word that is no uuid", "BOB everybody"],
    ["commas between", "BOB,EVE"],
    ["more than a hundred", Array.from({ length: 101 }, () => NOBODY).join(" ")],
  ] as const
).flatMap(([what, readers]) => [
  {
    name: `readers with ${what} is 400 usage`,
    path: "drives/SHARED/set",
    give: { name: "not this", readers },
    status: 400,
    error: "usage",
    says: /^readers takes at most 100 uuids of users/,
  },
  {
    name: `and after ${what} all is as it was`,
    path: "drives/SHARED/info",
    status: 200,
    answer: { name: "shared", readers: "BOB" },
  },
]);

const refusedToReaders: readonly Row[] = [
  ...(
    [
      ["set", { name: "theirs" }],
      ["set", { readers: "EVE" }],
      ["set", { size: 1 }],
      ["destroy", undefined],
      ["write", undefined],
      ["write/10", undefined],
    ] as const
  ).map(([verb, give]) => ({
    name: `a reader's ${verb} ${Object.keys(give ?? {})} is 404 missing, which says that they may read`,
    path: `drives/SHARED/${verb}`,
    as: "BOBAUTH",
    method: "POST",
    ...(give === undefined ? {} : { give }),
    status: 404,
    error: "missing",
    code: "drive_read_only",
    says: /^drive [0-9a-f-]{36} may be read but not changed by you\n$/,
  })),
  ...(["SHARED", NOBODY] as const).flatMap((drive): Row[] => [
    {
      name: `a reader's server gets no claim on drive ${drive}, in the words for one that is not there`,
      path: "servers/create",
      as: "BOBAUTH",
      give: { ...SERVER, "ide:0:0": drive },
      status: 404,
      error: "missing",
      says: /^ide:0:0 names drive [0-9a-f-]{36}: there is none\n$/,
    },
    {
      name: `a reader's drive cannot avoid drive ${drive}, in the words for one that is not there`,
      path: "drives/create",
      as: "BOBAUTH",
      give: { name: "d", size: 1, avoid: drive },
      status: 404,
      error: "missing",
      says: /^avoid names drive [0-9a-f-]{36}: there is none\n$/,
    },
    {
      name: `a reader's server cannot avoid drive ${drive}, in the words for one that is not there`,
      path: "servers/create/stopped",
      as: "BOBAUTH",
      give: { ...SERVER, "avoid:drives": drive },
      status: 404,
      error: "missing",
      says: /^avoid:drives names drive [0-9a-f-]{36}: there is none\n$/,
    },
  ]),
  {
    name: "and the drive is as it was",
    path: "drives/SHARED/info",
    status: 200,
    answer: { name: "shared", size: 1000, readers: "BOB", "write:requests": 1 },
  },
];

/** SERVER, the owner's, holds HELD. */
const claimed: readonly Row[] = [
  {
    name: "readers of a claimed drive may be set",
    path: "drives/HELD/set",
    give: { readers: "EVE BOB" },
    status: 200,
    answer: { readers: "EVE BOB", claimed: "SERVER" },
  },
  {
    name: "a reader sees of a claimed drive neither its claims nor other readers, and all that is the drive's own",
    path: "drives/HELD/info",
    as: "BOBAUTH",
    status: 200,
    answer: {
      drive: "HELD",
      name: "held",
      user: "OWNER",
      readers: "BOB",
      claimed: null,
      tags: "web",
      "user:note": "a note",
      size: 2 ** 20,
      "claim:type": "exclusive",
      status: "active",
      "read:bytes": /^\d+$/,
    },
  },
];

describe("sharing", () => {
  let cloud: Cloud;
  const people: Record<string, string> = {};
  before(async () => {
    cloud = await openCloud();
    const [bob, eve] = [await makeUser(cloud, "bob"), await makeUser(cloud, "eve")];
    Object.assign(people, { BOB: bob.uuid, BOBAUTH: bob.auth, EVE: eve.uuid, EVEAUTH: eve.auth });
    people.OWNER = cloud.auth.slice(0, cloud.auth.indexOf(":"));
  });
  after(() => cloud.close());

  const make = async (path: string, give: Readonly<Record<string, string | number>>) => {
    const made = await cloud.make(path, give);
    return made.get("server") ?? made.get("drive") ?? "";
  };
  const named = (row: Row, words: Readonly<Record<string, string>>): Row => ({
    ...row,
    answer: Object.fromEntries(
      Object.entries(row.answer ?? {}).map(([key, value]) => [
        key,
        typeof value === "string" ? value.replace(/\b[A-Z]+\b/g, (word) => words[word] ?? word) : value,
      ]),
    ),
  });

  /** Whether the user may read the drive, in the two ways there are; a refusal has the words for what is not there. */
  async function assertReads(drive: string, auth: string, may: boolean): Promise<void> {
    for (const verb of ["info", "read/0/10"]) {
      const answer = await cloud.ask(`drives/${drive}/${verb}`, { auth });
      assert.equal(answer.status, may ? 200 : 404, `${verb}: ${answer.text}`);
      if (may) continue;
      const unknown = await cloud.ask(`drives/${NOBODY}/${verb}`, { auth });
      assert.equal(answer.text.replace(drive, NOBODY), unknown.text);
    }
  }

  for (const type of CONTENT_TYPES) {
    describe(type, () => {
      const words: Record<string, string> = {};
      before(async () => {
        Object.assign(words, people);
        words.SHARED = await make("drives/create", { name: "shared", size: 1000 });
        assert.equal((await cloud.ask(`drives/${words.SHARED}/write`, { body: "to be read" })).status, 204);
        const held = { name: "held", size: "1M", tags: "web", "user:note": "a note" };
        words.HELD = await make("drives/create", held);
        words.SERVER = await make("servers/create", { ...SERVER, "ide:0:0": words.HELD });
      });
      after(() => cloud.act(`servers/${words.SERVER}/destroy`));

      it("nobody else may read a drive without readers", async () => {
        for (const who of ["BOB", "EVE"])
          await assertReads(words.SHARED ?? "", words[`${who}AUTH`] ?? "", false);
      });

      for (const { readers, answered, may } of inForce) {
        it(`readers set to [${readers}] lets [${may}] read at once, and nobody else`, async () => {
          const row: Row = {
            name: "",
            path: "drives/SHARED/set",
            give: { readers },
            status: 200,
            answer: { readers: answered, name: "shared" },
          };
          await exchange(cloud, named(row, words), type, words);
          for (const who of ["BOB", "EVE"]) {
            await assertReads(words.SHARED ?? "", words[`${who}AUTH`] ?? "", may.includes(who));
          }
        });
      }

      it("a reader reads the very bytes", async () => {
        const auth = words.BOBAUTH ?? "";
        const read = await cloud.ask(`drives/${words.SHARED}/read/3/1000`, { auth });
        assert.equal(read.bytes.length, 997);
        assert.equal(read.text.slice(0, 7), "be read");
      });

      for (const row of [...malformed, ...refusedToReaders, ...claimed]) {
        it(row.name, async () => {
          await exchange(cloud, named(row, words), type, words);
        });
      }

      it("a claimed drive is read through its server, by whom readers lets for as long as it does", async () => {
        const [held = "", bob = ""] = [words.HELD, words.BOBAUTH];
        await assertReads(held, bob, true);
        await cloud.make(`drives/${held}/set`, { readers: words.EVE ?? "" });
        await assertReads(held, bob, false);
        await cloud.make(`drives/${held}/set`, { readers: words.BOB ?? "" });
        await assertReads(held, bob, true);
      });

      it("list and info of all show nobody the drives that they may read alone", async () => {
        for (const path of ["drives/list", "drives/info"]) {
          const answer = await cloud.ask(path, { auth: words.BOBAUTH ?? "", headers: { accept: type } });
          assert.equal(answer.status, 200);
          assert.equal(answer.text, type === "text/plain" ? "" : "[]");
        }
      });
    });
  }
});
