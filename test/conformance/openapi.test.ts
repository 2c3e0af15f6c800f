/** The description of the API: whether it is OpenAPI, whole, and true, its examples sent to a cloud as they stand. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import Database from "better-sqlite3";
import { CODE_STATUS, ERROR_STATUS } from "../../src/http/status.ts";
import { rowText } from "../../src/samples/row.ts";
import { beginOf, sampleOf } from "../../src/samples/sample.ts";
import { MINUTES } from "../../src/samples/steps.ts";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { CONTENT_TYPES, type ContentType } from "../../testing/conformance/exchange.ts";
import { openReceiver, type Receiver } from "../../testing/hook-receiver.ts";
import { importInto } from "../../testing/images/import.ts";
import { shareOf } from "../../testing/share.ts";
import { until } from "../../testing/until.ts";

type Content = Readonly<Record<string, { readonly schema?: object; readonly example?: unknown }>>;

type Operation = {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly example?: string }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content; readonly $ref?: string }>>;
};

type Described = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly responses: Readonly<Record<string, ErrorResponse>> };
};

type ErrorResponse = { readonly headers: { "X-Elastic-Error": { schema: { enum: string[] } } } };

/** Where the example's address comes from. */
const POOL = ["203.0.113.0/28", "--gateway", "203.0.113.1", "--nameserver", "192.0.2.53"];

/** Lists that have what others made, too: one of what they answer is as the example says. */
const SHARED =
  /^(profileSessions|accounts|profileKeys|subscriptions|accountUserSubscriptions|webhooks)(List|Info)$|^logWebhookLog$|^eventEvents|[eE]vents?(From)?$|Lists$|^hostChecks$|^pools(List|Info)$|^imagesInfo$|Ledger(FromTo)?$|Usage(FromTo|Now)?$/;

/** Commands of a cloud that has prices. */
const PRICED = /^\/(pricing|subscriptions|ledger)\/|\/(ledger|subscriptions|credit|usage|invoices)(\/|$)/;

/** Commands that need their server to be active. */
const ON_ACTIVE = /Stop$|Shutdown$|Reset$|Screen$|^serverInfo$|^serversInfo$|^serverSet$/;

describe("openapi.json", () => {
  let cloud: Cloud;
  let priced: Cloud;
  let described: Described;
  let ajv: Ajv2020;
  let receiver: Receiver;
  const closings: (() => unknown)[] = [];

  before(async () => {
    receiver = await openReceiver({ after: (close) => void closings.push(close as () => unknown) });
    [cloud, priced] = await Promise.all([openCloud({ LODGE_FETCH: "1" }), openCloud()]);
    await setPrices();
    const pool = await cloud.tool("lodge", ["pool", "add", ...POOL]);
    assert.equal(pool.code, 0, pool.stderr);
    await importInto(cloud, gzipSync("Ubuntu"), { uuid: "aee5589a-88c3-43ef-bb0a-9cab6e64192d" });
    const answer = await cloud.ask("openapi.json", { auth: "" });
    assert.deepEqual([answer.status, answer.headers.get("content-type")], [200, "application/json"]);
    described = JSON.parse(answer.text) as Described;
    ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(described, "openapi");
  });
  after(async () => {
    await cloud?.close();
    await priced?.close();
    for (const close of closings) await close();
  });

  /** Prices as in the examples, and a balance. */
  async function setPrices(): Promise<void> {
    const prices = { "cpu:burst": "0.000016", "cpu:subscription": "0.0055" };
    await priced.make("pricing/set", { currency: "EUR", from: "now", ...prices });
    const paid = { amount: "100000", reference: "much", text: "bank transfer" };
    await priced.make(`accounts/${priced.auth.slice(0, 36)}/credit`, paid);
  }

  it("is valid OpenAPI 3.1, and every reference in it leads somewhere", async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(described));
    assert.ok(valid, JSON.stringify(errors, null, 1));
    assert.equal(validator.version, "3.1");
    validator.resolveRefs();
  });

  it("has every error type under its status", () => {
    const ofTypes = Object.entries(described.components.responses).filter(
      ([name]) => !name.split("-").every((code) => code in CODE_STATUS),
    );
    const found = ofTypes.flatMap(([name, { headers }]) =>
      headers["X-Elastic-Error"].schema.enum.map((type) => [type, name.split("-").includes(type)] as const),
    );
    assert.deepEqual(
      Object.fromEntries(found),
      Object.fromEntries(Object.keys(ERROR_STATUS).map((type) => [type, true])),
    );
    const change = described.paths["/drives/create"]?.post?.responses ?? {};
    assert.deepEqual(
      new Set(Object.keys(change).filter((status) => Number(status) >= 400)),
      new Set([...Object.values(ERROR_STATUS), ...Object.values(CODE_STATUS)].map(String)),
    );
  });

  it("names each operation once", () => {
    const names = operations().map(({ operation }) => operation.operationId);
    assert.deepEqual([...new Set(names)], names);
  });

  for (const type of shareOf(CONTENT_TYPES, 2)) {
    it(`has examples that are answered as they say, in ${type}`, async (t) => {
      for (const { path, method, operation } of operations()) {
        await t.test(`${method} ${path}`, () => tryExample(path, method, operation, type));
      }
    });
  }

  const operations = () =>
    Object.entries(described.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        path,
        method: method.toUpperCase(),
        operation,
      })),
    );

  async function tryExample(path: string, method: string, operation: Operation, type: ContentType) {
    const isPriced = PRICED.test(path);
    const real = isPriced
      ? await subscription()
      : path.startsWith("/webhooks/")
        ? await hook()
        : await surroundings(operation);
    const target = path.slice(1).replaceAll(/\{([A-Z]+)\}/g, (_, word: string) => {
      const example = operation.parameters?.find(({ name }) => name === word)?.example;
      return real[word] ?? example ?? assert.fail(`${word} has no example`);
    });
    const [status = "", response] = Object.entries(operation.responses)[0] ?? [];
    // A stream has no end: it is asked how it begins.
    const hasEnd = response?.content?.["text/event-stream" as ContentType] === undefined;
    const answer = await (isPriced ? priced : cloud).ask(target, {
      method: hasEnd ? method : "HEAD",
      ...bodyOf(operation, type, real),
    });
    assert.equal(String(answer.status), status, answer.text);
    if (status === "204" || response?.content?.[type] === undefined) return;
    assert.match(answer.headers.get("content-type") ?? "", new RegExp(`^${type}`));
    // What waits longer than it should on a busy machine is no example's.
    if (operation.operationId === "cloudStatus") return;
    const told = SHARED.test(operation.operationId)
      ? likeExample(answer.text, response.content[type].example, type)
      : answer.text;
    compare(told, response.content, type, `${path}/${method.toLowerCase()}`);
  }

  /** Holds an answer against the example and, where there is one, against the schema. */
  function compare(answer: string, content: Content, type: ContentType, at: string): void {
    const { example } = content[type] ?? {};
    if (type === "text/plain") {
      assert.deepEqual(keysOfLines(answer), keysOfLines(String(example)));
      return;
    }
    assert.deepEqual(shape(JSON.parse(answer)), shape(example));
    const [path = "", method = ""] = [at.slice(0, at.lastIndexOf("/")), at.slice(at.lastIndexOf("/") + 1)];
    const pointer = `/paths/${path.replaceAll("/", "~1")}/${method}/responses/200/content/application~1json/schema`;
    const validate = ajv.compile({ $ref: `openapi#${encodeURI(pointer)}` });
    for (const value of [JSON.parse(answer), example]) {
      assert.ok(validate(value), JSON.stringify(validate.errors));
    }
  }

  /** The account that has prices, with a subscription of its own for each example. */
  async function subscription(): Promise<Record<string, string>> {
    const bought = await priced.make("subscriptions/create", { resource: "cpu", amount: 1, period: "month" });
    const [MONTH = ""] = (await priced.ask("profile/invoices/list")).text.split(/\s/);
    return { USER: priced.auth.slice(0, 36), SUBSCRIPTION: bought.get("subscription") ?? "", MONTH };
  }

  /** A hook that was told something, and no other. */
  async function hook(): Promise<Record<string, string>> {
    for (const other of (await cloud.ask("webhooks/list")).text.match(/\S+/g) ?? [])
      await cloud.act(`webhooks/${other}/destroy`);
    const made = await cloud.make("webhooks/create", { url: receiver.url, events: "drive.created" });
    const WEBHOOK = made.get("webhook") ?? "";
    await cloud.make("drives/create", { name: "TestDrive", size: 4096 });
    await until("the hook was told", async () => {
      const { text } = await cloud.ask(`webhooks/${WEBHOOK}/log`);
      return /^state delivered$/m.test(text) ? true : null;
    });
    return { WEBHOOK };
  }

  const free = (drive: string) =>
    until("nothing claims the drive", async () =>
      (await cloud.info(`drives/${drive}/info`)).has("claimed") ? null : true,
    );

  /** A drive and a server, or a resource, of its own for each example; what others made is gone, so that lists are as short as theirs. */
  async function surroundings({ operationId }: Operation): Promise<Record<string, string>> {
    for (const noun of ["servers", "drives", "resources"]) {
      const list = (await cloud.ask(`${noun}/list`)).text;
      for (const line of list.trimEnd().split("\n")) {
        if (line === "") continue;
        const name = noun === "resources" ? line.replace(" ", "/") : (line.split(" ")[0] ?? "");
        // An imaging that an example began ends by itself.
        if (noun === "drives") await free(name);
        await cloud.act(`${noun}/${name}/destroy`);
      }
    }
    await removeImages();
    if (operationId.startsWith("account")) {
      const create = described.paths["/accounts/create"]?.post?.requestBody?.content["application/json"];
      const given = create?.example as Record<string, string | number>;
      return { USER: (await cloud.make("accounts/create", given)).get("user") ?? "" };
    }
    if (operationId.startsWith("eventEvents")) {
      const made = await cloud.make("drives/create", { name: "TestDrive", size: 4096 });
      return { OBJECT: made.get("drive") ?? "", FROM: "1", EVENT: "999999999" };
    }
    if (operationId.startsWith("profile") || operationId.startsWith("key")) {
      await cloud.make("profile/set", { email: "cloud@example.com" });
      const create = described.paths["/profile/keys/create"]?.post?.requestBody?.content["application/json"];
      const given = create?.example as Record<string, string | number>;
      return { KEY: (await cloud.make("profile/keys/create", given)).get("key") ?? "" };
    }
    if (operationId.startsWith("session")) {
      return { SESSION: (await cloud.make("session", {})).get("session") ?? "" };
    }
    if (operationId.startsWith("resource")) {
      if (operationId.endsWith("Create")) return {};
      const { resource } = Object.fromEntries(
        await cloud.make("resources/ip/create", { name: "TestAddress" }),
      );
      return { RESOURCE: resource ?? "" };
    }
    const drive = await cloud.make("drives/create", { name: "TestDrive", size: 10_000_000 });
    const DRIVE = drive.get("drive") ?? "";
    if (/^images(Info|Remove)$/.test(operationId)) await cloud.make("images/add", { drive: DRIVE });
    const source = { name: "Source", size: 4096 };
    if (operationId.startsWith("driveImage")) {
      return { DRIVE, SOURCE: (await cloud.make("drives/create", source)).get("drive") ?? "" };
    }
    if (!operationId.startsWith("server") || operationId.startsWith("serversCreate")) return { DRIVE };
    const create = described.paths["/servers/create/stopped"]?.post?.requestBody?.content["application/json"];
    const given = { ...(create?.example as Record<string, string | number>), "ide:0:0": DRIVE, mem: 64 };
    const SERVER = (await cloud.make("servers/create/stopped", given)).get("server") ?? "";
    if (ON_ACTIVE.test(operationId)) await cloud.act(`servers/${SERVER}/start`);
    if (/Samples/.test(operationId)) return { SERVER, ...sample(SERVER) };
    return { DRIVE, SERVER };
  }

  /** Those that examples made: an imported one has a checksum, and is of no system. */
  async function removeImages(): Promise<void> {
    const { text } = await until("nothing is being built", async () => {
      const answer = await cloud.ask("images/info");
      return /^status importing$/m.test(answer.text) ? null : answer;
    });
    const isMade = (image: string) => !/^sha256 /m.test(image) || /^system /m.test(image);
    for (const image of text.split("\n\n").filter((each) => each !== "" && isMade(each)))
      await cloud.ask("images/remove", { body: `image ${/^image (\S+)/.exec(image)?.[1]}\n` });
  }

  /** The server used something a few minutes ago. */
  function sample(server: string): Record<string, string> {
    const time = beginOf(Math.floor(Date.now() / 1000) - 300, MINUTES.stepS);
    const begin = beginOf(time, MINUTES.rowS);
    const samples = rowText(new Map([[time, sampleOf(() => 60)]]), begin, MINUTES);
    const database = new Database(join(cloud.home, "lodge.db"));
    database
      .prepare("insert into samples (server, step, time, samples, rolled_up) values (?, ?, ?, ?, 0)")
      .run(server, MINUTES.stepS, begin, samples);
    database.close();
    return { FROM: String(time), TO: String(time + MINUTES.stepS) };
  }
});

/** Of several objects the last that has all that the example's has. */
function likeExample(answer: string, example: unknown, type: ContentType): string {
  if (type === "text/plain") {
    const between = /^\S+$/m.test(answer.split("\n")[0] ?? "") ? "\n" : "\n\n";
    const objects = answer.trimEnd().split(between);
    const isLike = (object: string) =>
      JSON.stringify(keysOfLines(`${object}\n`)) === JSON.stringify(keysOfLines(String(example)));
    return `${objects.findLast(isLike)}\n`;
  }
  const [like] = shape(example) as readonly unknown[];
  const isLike = (object: unknown) => JSON.stringify(shape(object)) === JSON.stringify(like);
  return JSON.stringify([(JSON.parse(answer) as readonly unknown[]).findLast(isLike)]);
}

/** The example's body, with real uuids in the places of its own; bytes where it takes bytes. */
function bodyOf({ requestBody }: Operation, type: ContentType, real: Readonly<Record<string, string>>) {
  const headers = { accept: type, "content-type": type };
  if (requestBody === undefined) return { headers };
  const content = requestBody.content[type];
  if (content === undefined) return { headers, body: "bytes" };
  const text = typeof content.example === "string" ? content.example : JSON.stringify(content.example);
  return {
    headers,
    body: text.replace(/((?:ide:0:0|drive|image)(?:":"| ))[0-9a-f-]{36}/, `$1${real.DRIVE}`),
  };
}

/** The keys of each line, or of a list, of uuids or months, the number of its words. */
const keysOfLines = (text: string) =>
  text
    .split("\n")
    .map((line) => (/^[0-9a-f]{8}-|^\d{4}-\d\d$/.test(line) ? line.split(" ").length : line.split(" ")[0]));

/** What kind of value stands under each key. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]));
}
