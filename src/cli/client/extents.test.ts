import assert from "node:assert/strict";
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { dataExtents, type Extent, spans } from "./extents.ts";

const MIB = 2 ** 20;

let folder: string;
let file: FileHandle;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "extents-"));
  file = await open(join(folder, "image, of=a:disk"), "w+");
});
afterEach(async () => {
  await file.close();
  await rm(folder, { recursive: true });
});

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const extentsOf = (sizeBytes: number, command?: string[]) => all(dataExtents(file, sizeBytes, command));

test("the data between the holes of a file is told, up to its very end", async () => {
  const data = Buffer.alloc(64 * 1024, "data");
  await file.truncate(40 * MIB + 5);
  await file.write(data, 0, data.length, 10 * MIB);
  await file.write(data, 0, data.length, 30 * MIB);
  await file.write("end", 40 * MIB + 2);
  const extents = await extentsOf(40 * MIB + 5);
  assert.deepEqual(extents.slice(0, 2), [
    { start: 10 * MIB, end: 10 * MIB + data.length },
    { start: 30 * MIB, end: 30 * MIB + data.length },
  ]);
  // A file system tells in blocks of its own.
  const [, , last] = extents;
  assert.ok(last !== undefined && last.start > 30 * MIB && last.start <= 40 * MIB + 2);
  assert.equal(last.end, 40 * MIB + 5);
  assert.equal(extents.length, 3);
});

test("a file that is a hole holds no data, and one without holes is one extent", async () => {
  await file.truncate(MIB + 1);
  assert.deepEqual(await extentsOf(MIB + 1), []);
  await file.write(Buffer.alloc(MIB + 1, 1), 0, MIB + 1, 0);
  assert.deepEqual(await extentsOf(MIB + 1), [{ start: 0, end: MIB + 1 }]);
});

const LINES = `[{ "start": 0, "length": 4096, "zero": true},\n{ "start": 4096, "length": 4096, "zero": false},\n`;
const BROKEN: readonly [what: string, command: readonly string[], extents: readonly Extent[]][] = [
  ["is not there", ["/there/is/no/such/program"], [{ start: 0, end: MIB }]],
  ["fails", ["false"], [{ start: 0, end: MIB }]],
  ["says something else", ["echo", "the weather is fine"], [{ start: 0, end: MIB }]],
  ["says what is no map", ["echo", '{"start": 0, "length": "all"}'], [{ start: 0, end: MIB }]],
  [
    "breaks off",
    ["printf", LINES],
    [
      { start: 4096, end: 8192 },
      { start: 8192, end: MIB },
    ],
  ],
  [
    "leaves something out",
    ["printf", `${LINES}{ "start": 9000, "length": 2000000, "zero": true}]`],
    [
      { start: 4096, end: 8192 },
      { start: 8192, end: MIB },
    ],
  ],
];
for (const [what, command, extents] of BROKEN) {
  test(`where the program that maps a file ${what}, all that it did not tell of counts as data`, async () => {
    await file.truncate(MIB);
    assert.deepEqual(await extentsOf(MIB, [...command]), extents);
  });
}

async function* inTurn(extents: readonly Extent[]): AsyncGenerator<Extent> {
  yield* extents;
}

async function spansOf(extents: readonly [number, number][], offset: number, sizeBytes: number) {
  const inOrder = inTurn(extents.map(([start, end]) => ({ start, end })));
  return (await all(spans(inOrder, offset, sizeBytes, 100))).map(({ offset, lengthBytes, data }) => {
    return [offset, lengthBytes, data && [data.start, data.end]];
  });
}

test("a piece of a file has the data from its first byte of it to its last", async () => {
  const extents: [number, number][] = [
    [10, 20],
    [50, 60],
    [190, 420],
    [440, 441],
  ];
  assert.deepEqual(await spansOf(extents, 0, 650), [
    [0, 100, [10, 60]],
    [100, 100, [190, 200]],
    [200, 100, [200, 300]],
    [300, 100, [300, 400]],
    [400, 100, [400, 441]],
    [500, 100, null],
    [600, 50, null],
  ]);
});

test("pieces that begin at an offset are without what lies before it", async () => {
  assert.deepEqual(
    await spansOf(
      [
        [0, 10],
        [20, 30],
      ],
      5,
      110,
    ),
    [
      [5, 100, [5, 30]],
      [105, 5, null],
    ],
  );
  assert.deepEqual(
    await spansOf(
      [
        [0, 10],
        [20, 30],
      ],
      15,
      40,
    ),
    [[15, 25, [20, 30]]],
  );
  assert.deepEqual(await spansOf([[0, 10]], 10, 40), [[10, 30, null]]);
  assert.deepEqual(await spansOf([[0, 10]], 40, 40), []);
});

test("extents are left where whoever cuts pieces of them leaves", async () => {
  const left = Promise.withResolvers<void>();
  async function* endless(): AsyncGenerator<Extent> {
    try {
      for (let start = 0; ; start += 10) yield { start, end: start + 5 };
    } finally {
      left.resolve();
    }
  }
  for await (const _ of spans(endless(), 0, 2 ** 40, 100)) break;
  await left.promise;
});
