import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { guestPortRules, guestPortsText, parseGuestPorts, rememberGuestPorts } from "./guest-ports.ts";

test("guest ports are ports and ranges of ports, of one protocol or of both, and are written as they are read", () => {
  assert.deepEqual(parseGuestPorts("53,8000-8080/tcp"), [
    { first: 53, last: 53, protocol: null },
    { first: 8000, last: 8080, protocol: "tcp" },
  ]);
  for (const text of ["none", "1", "65535/udp", "53,8000-8080/tcp", "1-65535"]) {
    assert.equal(guestPortsText(parseGuestPorts(text)), text);
  }
});

test("what is no list of ports is refused, and none of it gets into a rule", () => {
  const bad = [
    "",
    "0",
    "65536",
    "5-4",
    "http",
    "53/sctp",
    "53,",
    " 53",
    "53;drop",
    "53\n",
    "-1",
    "1-2-3",
    "none,53",
  ];
  for (const text of bad) assert.throws(() => parseGuestPorts(text), Error, text);
  assert.throws(() => parseGuestPorts(Array.from({ length: 65 }, () => "53").join()), /at most 64/);
  assert.deepEqual(guestPortRules(parseGuestPorts("53,8000-8080/tcp")), [
    "meta l4proto { tcp, udp } th dport 53 accept",
    "tcp dport 8000-8080 accept",
  ]);
});

test("guest ports are remembered until others are named; a file that says none of it opens none", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "lodge-ports-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "guest-ports");
  const warnings: string[] = [];
  const remember = (text?: string) =>
    rememberGuestPorts(file, text === undefined ? undefined : parseGuestPorts(text), (message) =>
      warnings.push(message),
    );
  assert.deepEqual(await remember(), []);
  await remember("53/udp");
  assert.equal(guestPortsText(await remember()), "53/udp");
  await remember("none");
  assert.equal(await readFile(file, "utf8"), "none\n");
  assert.deepEqual(await remember(), []);
  assert.deepEqual(warnings, []);
  for (const damaged of ["", "53/udp,,", "\0\0\0"]) {
    await writeFile(file, damaged);
    assert.deepEqual(await remember(), []);
  }
  assert.equal(warnings.length, 3);
});
