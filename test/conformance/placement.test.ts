/** `avoid`, and what a host has: kept, validated and looked at when something is started or created, against a real cloud. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { CONTENT_TYPES, exchange, type Row } from "../../testing/conformance/exchange.ts";
import { makeUser } from "../../testing/user.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const UUID_IN = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const SERVER = { name: "s", cpu: 200, mem: 32 };

/** Each key that names what is to be kept apart, with one of the user's own and one of another's. */
const AVOID = [
  { key: "avoid:drives", noun: "drive", own: "DRIVE", foreign: "BOBDRIVE" },
  { key: "avoid:servers", noun: "server", own: "OTHER", foreign: "BOBSERVER" },
] as const;

/** On SERVER, which is stopped and has DRIVE on ide:0:0; OTHER is stopped. In this order. */
const avoiding: readonly Row[] = AVOID.flatMap(({ key, noun, own, foreign }): Row[] => [
  ...([NOBODY, foreign] as const).flatMap((uuid) =>
    (["servers/create", "servers/create/stopped", "servers/SERVER/set"] as const).map(
      (path): Row => ({
        name: `${key} ${uuid} is 404 missing for ${path}, in the words for what is not there`,
        path,
        give: { ...SERVER, [key]: `${own} ${uuid}` },
        status: 404,
        error: "missing",
        code: "no_such_reference",
        says: new RegExp(`^${key} names ${noun} [0-9a-f-]{36}: there is none\\n$`),
      }),
    ),
  ),
  {
    name: `${key} is kept by a server that is not started`,
    path: "servers/create/stopped",
    give: { ...SERVER, [key]: own },
    status: 200,
    answer: { [key]: UUID, status: "stopped" },
  },
  {
    name: `${key} is kept by set`,
    path: "servers/SERVER/set",
    give: { [key]: own },
    status: 200,
    answer: { [key]: UUID },
  },
  {
    name: `a start that ${key} forbids on a single host is 507 full, and says what is in the way`,
    path: "servers/SERVER/start",
    method: "POST",
    status: 507,
    error: "full",
    code: "avoid_unmet",
    says: new RegExp(`^${key} cannot be met: ${noun} [0-9a-f-]{36} is on the only host that there is\\n$`),
  },
  {
    name: `a creation that ${key} forbids on a single host, too`,
    path: "servers/create",
    give: { ...SERVER, [key]: own },
    status: 507,
    error: "full",
    says: new RegExp(`^${key} cannot be met`),
  },
  {
    name: `the server is stopped as before ${key}`,
    path: "servers/SERVER/info",
    status: 200,
    answer: { status: "stopped" },
  },
  {
    name: `and holds nothing after ${key}`,
    path: "drives/DRIVE/info",
    status: 200,
    answer: { claimed: null },
  },
  {
    name: `${key} is unset`,
    path: "servers/SERVER/set",
    give: { [key]: "" },
    status: 200,
    answer: { [key]: null },
  },
  { name: `and without ${key} it starts`, path: "servers/SERVER/start", method: "POST", status: 204 },
  { name: `and stops after ${key}`, path: "servers/SERVER/stop", method: "POST", status: 204 },
]);

const avoidingDrives: readonly Row[] = [
  ...([NOBODY, "BOBDRIVE"] as const).map((uuid) => ({
    name: `a drive that avoids ${uuid} is 404 missing, in the words for what is not there`,
    path: "drives/create",
    give: { name: "d", size: 1, avoid: uuid },
    status: 404,
    error: "missing",
    says: /^avoid names drive [0-9a-f-]{36}: there is none\n$/,
  })),
  {
    name: "a drive that avoids what is no uuid is 400 usage",
    path: "drives/create",
    give: { name: "d", size: 1, avoid: "DRIVE everything" },
    status: 400,
    error: "usage",
    says: /^avoid takes at most 100 uuids of drives/,
  },
  {
    name: "a drive that avoids another on a single host is 507 full, and says what is in the way",
    path: "drives/create",
    give: { name: "avoiding", size: 1, avoid: "DRIVE" },
    status: 507,
    error: "full",
    says: /^avoid cannot be met: drive [0-9a-f-]{36} is on the only host that there is\n$/,
  },
  {
    name: "a drive that avoids nothing is made",
    path: "drives/create",
    give: { name: "d", size: 1, avoid: "" },
    status: 200,
    answer: { avoid: null },
  },
];

/** Processors by number and by quota, in this order; SERVER is what was made last. */
const processors: readonly Row[] = [
  ...([1, 2, "3"] as const).flatMap((smp): Row[] => [
    {
      name: `smp ${smp} is as many cores in one socket, in numbers`,
      path: "servers/create",
      give: { ...SERVER, smp },
      status: 200,
      answer: { smp: Number(smp), "smp:cores": Number(smp), "smp:sockets": 1 },
    },
    {
      name: `a server with smp ${smp} is destroyed`,
      path: "servers/MADE/destroy",
      method: "POST",
      status: 204,
    },
  ]),
  {
    name: "smp auto stays as it is beside the cores that were calculated",
    path: "servers/create",
    give: { ...SERVER, smp: "auto" },
    status: 200,
    answer: { smp: "auto", "smp:cores": 1, "smp:sockets": 1 },
  },
  { name: "a server with smp auto is destroyed", path: "servers/MADE/destroy", method: "POST", status: 204 },
];

describe("placement", () => {
  let cloud: Cloud;
  const bobs: Record<string, string> = {};
  before(async () => {
    cloud = await openCloud();
    const { auth } = await makeUser(cloud, "bob");
    const made = async (path: string, body: string) =>
      UUID_IN.exec((await cloud.ask(path, { auth, body })).text)?.[0] ?? "";
    bobs.BOBDRIVE = await made("drives/create", "name theirs\nsize 1\n");
    bobs.BOBSERVER = await made("servers/create/stopped", "name theirs\ncpu 200\nmem 32\n");
  });
  after(() => cloud.close());

  const drive = async () => (await cloud.make("drives/create", { name: "d", size: "1M" })).get("drive") ?? "";
  const stopped = async (give: Readonly<Record<string, string | number>>) =>
    (await cloud.make("servers/create/stopped", { ...SERVER, persistent: "true", ...give })).get("server") ??
    "";
  const start = (server: string) => cloud.ask(`servers/${server}/start`, { method: "POST" });
  /** The most of `cpu` or `mem` that a server may have here. */
  async function most(key: "cpu" | "mem"): Promise<number> {
    const wanted = { ...SERVER, [key]: 9_999_999 };
    const answer = await cloud.ask("servers/create", {
      body: JSON.stringify(wanted),
      headers: { "content-type": "application/json" },
    });
    return Number(new RegExp(`^${key} takes at most (\\d+)`).exec(answer.text)?.[1]);
  }

  for (const type of CONTENT_TYPES) {
    describe(type, () => {
      const words: Record<string, string> = {};
      before(async () => {
        Object.assign(words, bobs, { DRIVE: await drive(), OTHER: await stopped({}) });
        words.SERVER = await stopped({ "ide:0:0": words.DRIVE ?? "" });
      });
      for (const row of [...avoiding, ...avoidingDrives, ...processors]) {
        it(row.name, async () => {
          const object = await exchange(cloud, row, type, words);
          if (object["smp:cores"] !== undefined) words.MADE = String(object.server);
        });
      }
    });
  }

  it("what was to be avoided and is gone is 404 missing when the server starts", async () => {
    const gone = await drive();
    const server = await stopped({ "avoid:drives": gone });
    await cloud.act(`drives/${gone}/destroy`);
    const answer = await start(server);
    assert.deepEqual([answer.status, answer.headers.get("x-elastic-error")], [404, "missing"]);
    assert.match(answer.text, /^avoid:drives names/);
  });

  it("of two servers that need more memory together than the host has, the second is 507 full; of two at once, one", async () => {
    const mem = Math.ceil((await most("mem")) * 0.6);
    const [one, other] = [await stopped({ mem }), await stopped({ mem })];
    await cloud.act(`servers/${one}/start`);
    const refused = await start(other);
    assert.deepEqual([refused.status, refused.headers.get("x-elastic-error")], [507, "full"]);
    assert.match(refused.text, /^mem takes at most \d+ MB now: no host has more to give\n$/);
    assert.equal(refused.headers.get("x-lodge-error"), "no_memory_left");
    const created = await cloud.ask("servers/create", { body: `name s\ncpu 200\nmem ${mem}\n` });
    assert.equal(created.status, 507);
    await cloud.act(`servers/${one}/stop`);
    const both = await Promise.all([one, other].map(start));
    assert.deepEqual(both.map(({ status }) => status).sort(), [204, 507]);
    for (const server of [one, other]) await cloud.act(`servers/${server}/destroy`);
    assert.doesNotMatch((await cloud.ask("servers/info")).text, new RegExp(`^mem ${mem}$`, "m"));
  });

  it("CPU beyond what the host has over all servers is 507 full, at start and for a running server's set", async () => {
    const cpu = await most("cpu");
    const servers = [];
    for (let count = 0; count < 4; count++) servers.push(await stopped({ cpu }));
    for (const server of servers) await cloud.act(`servers/${server}/start`);
    const [first = ""] = servers;
    const last = await stopped({ cpu: 1 });
    const refused = await start(last);
    assert.deepEqual([refused.status, refused.headers.get("x-elastic-error")], [507, "full"]);
    assert.match(refused.text, /^cpu takes at most 0 core MHz now/);
    assert.equal(refused.headers.get("x-lodge-error"), "no_cpu_left");
    await cloud.make(`servers/${first}/set`, { cpu: cpu - 1 });
    await cloud.act(`servers/${last}/start`);
    const faster = await cloud.ask(`servers/${first}/set`, { body: `cpu ${cpu}\nname faster\n` });
    assert.deepEqual([faster.status, faster.headers.get("x-elastic-error")], [507, "full"]);
    const info = await cloud.info(`servers/${first}/info`);
    assert.deepEqual([info.get("cpu"), info.get("name")], [String(cpu - 1), "s"]);
    for (const server of [...servers, last]) await cloud.act(`servers/${server}/destroy`);
  });
});
