/** What Cloudscraper sends, which moves servers from elsewhere: text in which a key comes twice (fact 17). */
import { type Exchange, type Fact, FORM } from "./fact.ts";

/** As it describes a server: its first disk by a word, and further down by its uuid; an empty line ends it. */
const SERVER = `name cloudscraper
cpu 500
mem 64
ide:0:0 disk
boot ide:0:0
nic:0:model e1000
nic:0:dhcp auto
ide:0:0 DRIVE

`;

const create = (body: string, rest: Partial<Exchange>): Exchange => ({
  send: "POST /servers/create/stopped",
  headers: FORM,
  body,
  status: 200,
  ...rest,
});

const destroy: Exchange = { send: "POST /servers/NEW/destroy", headers: FORM, body: "", status: 204 };

export const CLOUDSCRAPER_FACTS: readonly Fact[] = [
  {
    fact: 17,
    name: "the last line of a key counts, and an earlier one is not looked at",
    exchanges: [create(SERVER, { text: /^ide:0:0 (?!disk)[0-9a-f-]{36}$/m }), destroy],
  },
  {
    fact: 17,
    name: "the last line of a key counts also where it is the one that is wrong",
    exchanges: [
      create(SERVER.replace("ide:0:0 disk", "ide:0:0 DRIVE").replace(/DRIVE\n\n$/, "disk\n\n"), {
        status: 400,
        error: "usage",
        text: /^ide:0:0 takes the uuid of a drive, not "disk"\n$/,
      }),
    ],
  },
  {
    fact: 17,
    name: "an empty line at the end means nothing, with LF or CR LF, and one before the end is refused",
    exchanges: [
      ...["\n\n", "\r\n\r\n", "\n\n\n"].flatMap((end): Exchange[] => [
        create(`name cloudscraper\ncpu 500\nmem 64${end}`, { text: /^server .*\nname cloudscraper\n/ }),
        destroy,
      ]),
      create("name cloudscraper\n\ncpu 500\nmem 64\n", { status: 400, error: "usage" }),
    ],
  },
  {
    fact: 17,
    name: "in set, the last line of a key counts too",
    exchanges: [
      {
        send: "POST /drives/DRIVE/set",
        headers: FORM,
        body: "user:twice first\nsize big\nuser:twice last\nsize 0\n",
        status: 200,
        text: /\nuser:twice last\n/,
      },
    ],
  },
];
