/** What clients send that speak JSON: Libcloud, fog and those built on object serialisers (facts 4 to 6, 12, 13). */
import { type Exchange, type Fact, JSON_BOTH, TEXT } from "./fact.ts";

const TEXT_IN = { "Content-Type": "text/plain", Accept: "application/json" };
const TEXT_OUT = { "Content-Type": "application/json", Accept: "text/plain" };

const READER = "0c9f9b0e-6d2e-4f0a-9a0b-3f1d2c4b5a69";

/** An empty body that is called JSON. */
const act = (verb: string, status = 204): Exchange => ({
  send: `POST /servers/NEW/${verb}`,
  headers: { ...JSON_BOTH, "Accept-Encoding": "gzip,deflate" },
  body: "",
  status,
});

const create = (properties: object, json: Exchange["json"] = {}): Exchange => ({
  send: "POST /servers/create/stopped",
  headers: JSON_BOTH,
  body: JSON.stringify({ name: "client", cpu: 200, mem: 32, ...properties }),
  status: 200,
  json,
});

const set = (properties: object, json: Exchange["json"]): Exchange => ({
  send: "POST /servers/NEW/set",
  headers: JSON_BOTH,
  body: JSON.stringify(properties),
  status: 200,
  json: json ?? {},
});

export const JSON_FACTS: readonly Fact[] = [
  {
    fact: 4,
    name: "text goes in and JSON comes out, and the other way round",
    exchanges: [
      {
        send: "POST /drives/DRIVE/set",
        headers: TEXT_IN,
        body: "user:in text\n",
        status: 200,
        json: { "user:in": "text", size: 1048576 },
      },
      {
        send: "POST /drives/DRIVE/set",
        headers: TEXT_OUT,
        body: '{"user:in":"JSON"}',
        status: 200,
        text: /\nuser:in JSON\n/,
      },
    ],
  },
  ...["*/*", "application/octet-stream", undefined].map(
    (accept): Fact => ({
      fact: 4,
      name: `properties come as text where Accept ${accept === undefined ? "is not sent" : `is ${accept}`}`,
      exchanges: [
        {
          send: "GET /drives/DRIVE/info",
          headers: accept === undefined ? {} : { Accept: accept },
          status: 200,
          text: /^drive [0-9a-f-]{36}\nname /,
        },
      ],
    }),
  ),
  {
    fact: 5,
    name: "an empty body that is called JSON is empty: start, reset, shutdown, stop and destroy answer 204",
    exchanges: [
      create({ persistent: true }),
      ...["start", "reset", "shutdown", "stop", "destroy"].map((verb) => act(verb)),
    ],
  },
  {
    fact: 5,
    name: "a GET may say that it has JSON, and what it takes may be encodings that do not come",
    exchanges: [
      {
        send: "GET /drives/DRIVE/info",
        headers: { ...JSON_BOTH, "Accept-Encoding": "gzip, deflate" },
        status: 200,
        json: { drive: "DRIVE" },
      },
    ],
  },
  {
    fact: 5,
    name: "a POST without any length is taken, as curl -X POST sends it",
    exchanges: [
      create({ persistent: true }),
      { send: "POST /servers/NEW/stop", status: 204 },
      { send: "POST /servers/NEW/destroy", status: 204 },
    ],
  },
  {
    fact: 6,
    name: "every server has the key that boot names, and several devices are a list",
    exchanges: [
      create({ "ide:0:0": "DRIVE", boot: "ide:0:0" }, { boot: "ide:0:0", "ide:0:0": "DRIVE" }),
      set(
        { "block:1": "DRIVETWO", boot: ["block:1", "ide:0:0"] },
        { boot: ["block:1", "ide:0:0"], "ide:0:0": "DRIVE", "block:1": "DRIVETWO" },
      ),
      act("destroy"),
    ],
  },
  {
    fact: 6,
    name: "nic:0:dhcp may come as text or as a list",
    exchanges: [
      create({ "nic:0:dhcp": ["auto"] }, { "nic:0:dhcp": "auto" }),
      set({ "nic:0:dhcp": "auto" }, { "nic:0:dhcp": "auto" }),
      act("destroy"),
    ],
  },
  {
    fact: 6,
    name: "a list is taken for keys that list several things, and for no other key",
    exchanges: [
      {
        send: "POST /drives/create",
        headers: JSON_BOTH,
        body: `{"name":"lists","size":"1M","tags":["a","b"],"readers":["${READER}"],"avoid":[]}`,
        status: 200,
        json: { tags: "a b", readers: READER },
      },
      ...Object.entries({ name: ["lists"], size: ["1M"], "user:a": ["b"], "claim:type": [] }).map(
        ([key, list]): Exchange => ({
          send: "POST /drives/NEW/set",
          headers: JSON_BOTH,
          body: JSON.stringify({ [key]: list }),
          status: 400,
          error: "usage",
          text: new RegExp(`^${key} takes .*, not a list\\n$`),
        }),
      ),
      { send: "POST /drives/NEW/destroy", headers: JSON_BOTH, body: "", status: 204 },
    ],
  },
  {
    fact: 6,
    name: "a drive that is not imaged has no key imaging",
    exchanges: [
      { send: "GET /drives/DRIVE/info", headers: JSON_BOTH, status: 200, json: { imaging: undefined } },
    ],
  },
  {
    fact: 6,
    name: "image takes an empty body that is called JSON, and imaging vanishes when it is done",
    exchanges: [
      {
        send: "POST /drives/create",
        headers: JSON_BOTH,
        body: '{"name": "target", "size": "1M"}',
        status: 200,
      },
      { send: "POST /drives/NEW/image/DRIVE", headers: JSON_BOTH, body: "", status: 204 },
      {
        send: "GET /drives/NEW/info",
        headers: JSON_BOTH,
        status: 200,
        json: { imaging: undefined, claimed: undefined, "imaging:error": undefined },
        polls: true,
      },
      { send: "POST /drives/NEW/destroy", headers: JSON_BOTH, body: "", status: 204 },
    ],
  },
  {
    fact: 12,
    name: "numbers come as JSON numbers, also where they were sent as text",
    exchanges: [
      create({ cpu: "300", mem: "64", smp: "1", "ide:0:0": "DRIVE" }, { cpu: 300, mem: 64, smp: 1 }),
      act("start"),
      {
        send: "GET /servers/NEW/info",
        headers: JSON_BOTH,
        status: 200,
        json: Object.fromEntries(
          ["started", "rx", "tx", "rx:bytes", "tx:packets", "smp:cores", "ide:0:0:read:bytes"].map((key) => [
            key,
            Number,
          ]),
        ),
      },
      act("destroy"),
      {
        send: "GET /drives/DRIVE/info",
        headers: JSON_BOTH,
        status: 200,
        json: { size: 1048576, "read:bytes": Number, "write:requests": Number },
      },
    ],
  },
  {
    fact: 12,
    name: "a size comes as a number or as text with a suffix",
    exchanges: [
      ...[1073741824, "1073741824", "1G"].flatMap((size): Exchange[] => [
        {
          send: "POST /drives/create",
          headers: JSON_BOTH,
          body: JSON.stringify({ name: "sized", size }),
          status: 200,
          json: { size: 1073741824 },
        },
        { send: "POST /drives/NEW/destroy", status: 204 },
      ]),
    ],
  },
  {
    fact: 12,
    name: "null is absent on create and unset on set",
    exchanges: [
      create(
        { tags: null, "ide:0:0": null, "user:a": "1", persistent: null },
        { tags: undefined, "ide:0:0": undefined, persistent: undefined },
      ),
      set({ "user:a": null, "nic:0:model": null }, { "user:a": undefined, name: "client" }),
      act("destroy"),
    ],
  },
  {
    fact: 12,
    name: "persistent is true or text, and is answered as it came",
    exchanges: [
      create({ persistent: true }, { persistent: true }),
      set({ persistent: "true" }, { persistent: "true" }),
      act("destroy"),
    ],
  },
  {
    fact: 13,
    name: "nic:0:dhcp without a model implies e1000, which is answered",
    exchanges: [create({ "nic:0:dhcp": "auto" }, { "nic:0:model": "e1000" }), act("destroy")],
  },
  {
    fact: 13,
    name: "a resource is created without a name, or anything else",
    exchanges: ["{}", "", '{"name":null}'].flatMap((body): Exchange[] => [
      {
        send: "POST /resources/ip/create",
        headers: JSON_BOTH,
        body,
        status: 200,
        text: /^\{"resource":"(?<ADDRESS>[\d.]+)"/,
        json: { type: "ip", name: undefined, netmask: /^255\./ },
      },
      { send: "POST /resources/ip/ADDRESS/destroy", headers: JSON_BOTH, body: "", status: 204 },
    ]),
  },
  {
    fact: 16,
    name: "an error's type is bare in X-Elastic-Error, and its body is a sentence in plain text in both modes",
    exchanges: [JSON_BOTH, TEXT].map((headers) => ({
      send: "POST /drives/create",
      headers,
      body: "",
      status: 400,
      error: "usage",
      type: "text/plain; charset=utf-8",
      text: /^name is missing: [^\n]+\n$/,
    })),
  },
];
