/** Words as callers send them: nearly right ones for the most part, since those come furthest. */
import fc from "fast-check";
import { expand } from "../../src/api/key.ts";
import { COMMANDS } from "../../src/commands.ts";

const NEARLY = [
  ...["", " ", "0", "1", "-1", "00", "1.5", "1e3", "1e999", "0x10", "NaN", "9007199254740993", "١"],
  ...[
    "1M",
    "1G",
    "16T",
    "1 M",
    "1MB",
    "9999999999999999T",
    "true",
    "false",
    "TRUE",
    "yes",
    "auto",
    "dhcp",
    "static",
  ],
  ...[
    "none",
    "aes-xts-plain",
    "exclusive",
    "shared",
    "raw",
    "qcow2",
    "e1000",
    "virtio",
    "rtl8139",
    "tablet",
    "on",
    "off",
  ],
  ...[
    "10.0.0.1",
    "10.0.0.256",
    "010.0.0.1",
    "10.0.0.0/8",
    "::1",
    "fe80::1%lo",
    "02:00:00:00:00:01",
    "ide:0:0",
    "*",
  ],
  ...[
    "08c92dd5-70a0-4f51-83d2-835919d254df",
    "08C92DD5-70A0-4F51-83D2-835919D254DF",
    "__proto__",
    "constructor",
  ],
  ...[
    "\u2028",
    "\0",
    "\r",
    "\ud800",
    "a\u0301",
    "ﷺ",
    "\u202e",
    "'; DROP TABLE drives;--",
    "$(reboot)",
    "../../etc",
    ",",
  ],
];

/** Any text, and such as is nearly what is wanted, by itself and several after one another. */
export const words: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NEARLY) },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc.array(fc.constantFrom(...NEARLY), { maxLength: 5 }).map((all) => all.join(" ")),
  },
  { weight: 1, arbitrary: fc.uuid() },
  { weight: 1, arbitrary: fc.integer().map(String) },
  { weight: 1, arbitrary: fc.ipV4() },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...NEARLY), fc.integer({ min: 1, max: 300 }))
      .map(([one, times]) => one.repeat(times)),
  },
);

/** The name of every key that any command takes, and its other names. */
const NAMES = COMMANDS.flatMap(({ keys = [] }) => keys).flatMap(({ pattern, aliases = [] }) => [
  ...expand(pattern).map((name) => name.replace("*", "note")),
  ...aliases,
]);

/** The name of a key, one that is nearly such, or any. */
export const keyNames: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...NAMES) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...NAMES), fc.nat(20))
      .map(([name, at]) => name.slice(0, at) + name.slice(at + 1)),
  },
  { weight: 1, arbitrary: words },
);

/** The usual one so many times as often as the rare one. */
export const often = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>, weight = 8): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: rare });

/** Nothing, so many times as often as something. */
export const rarely = <T>(something: fc.Arbitrary<T>, weight: number): fc.Arbitrary<T | null> =>
  often<T | null>(fc.constant(null), something, weight);
