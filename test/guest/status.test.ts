/** The statuses of a server beside active and stopped (spec: status): how each comes about, what it means, how it ends. */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { access, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { openHome } from "../../src/home.ts";
import { HALT } from "../../src/host/qemu/boot-sector.ts";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import {
  diskOf,
  firstThen,
  PANIC,
  PIECE_BYTES,
  screenLines,
  screenShowing,
  show,
  writePieces,
} from "../../testing/guest/small.ts";
import { processesWith } from "../../testing/proc.ts";
import { long } from "../../testing/share.ts";
import { until } from "../../testing/until.ts";

const LODGE = resolve(import.meta.dirname, "../../bin/lodge");

const LEAST = { name: "status", cpu: 2000, mem: 32 };

describe("the status of a server", long, () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
  });
  after(() => cloud.close());

  const infoOf = (server: string) => cloud.info(`servers/${server}/info`);
  const statusOf = async (server: string) => (await infoOf(server)).get("status");
  const becomes = (server: string, status: string) =>
    until(`${server} is ${status}`, async () => ((await statusOf(server)) === status ? true : null));
  const claimant = async (drive: string) => (await cloud.info(`drives/${drive}/info`)).get("claimed");

  /** A server on this drive, running. */
  async function started(
    drive: string,
    properties: Readonly<Record<string, string>> = {},
    device = "ide:0:0",
  ): Promise<string> {
    const made = await cloud.make("servers/create", { ...LEAST, [device]: drive, ...properties });
    return made.get("server") ?? "";
  }

  /** The answer to a POST of nothing that is not to succeed. */
  async function refusal(path: string): Promise<string> {
    const answer = await cloud.ask(path, { method: "POST" });
    return `${answer.status} ${answer.headers.get("x-elastic-error")}: ${answer.text}`;
  }

  describe("dead", () => {
    const NEVER_BOOTS = [...show("<up>"), ...PANIC];

    it("a server whose guest panics is dead, with all that its run gave it, until it is stopped", async () => {
      const drive = await diskOf(cloud, NEVER_BOOTS);
      const server = await started(drive, { "nic:0:dhcp": "auto", persistent: "true" });
      await becomes(server, "dead");
      const info = await infoOf(server);
      assert.match(info.get("nic:0:dhcp:ip") ?? "", /^\d/);
      // On a busy machine its QEMU is late to tell, and what it told last is answered.
      const read = async () => Number((await infoOf(server)).get("ide:0:0:read:bytes"));
      await until("its counters are told", async () => (await read()) >= 512 || null);
      assert.equal(await claimant(drive), server);
      assert.match((await screenLines(cloud, server)).join("\n"), /<up>/, "its last screen stays");
      await cloud.act(`servers/${server}/stop`);
      assert.equal(await statusOf(server), "stopped");
      assert.equal(await claimant(drive), undefined);
      await cloud.act(`servers/${server}/start`);
      await becomes(server, "dead");
      await cloud.act(`servers/${server}/destroy`);
      assert.equal((await cloud.ask(`servers/${server}/info`)).status, 404);
      await cloud.act(`drives/${drive}/destroy`);
    });

    it("a dead server does not start, does not hear of a shutdown, and changes as an active one does", async () => {
      const server = await started(await diskOf(cloud, NEVER_BOOTS));
      await becomes(server, "dead");
      assert.match(
        await refusal(`servers/${server}/start`),
        /^409 busy: server \S+ is dead: reset it, or stop it first/,
      );
      await cloud.act(`servers/${server}/shutdown`);
      await cloud.make(`servers/${server}/set`, { name: "still dead", cpu: 300 });
      assert.equal((await cloud.ask(`servers/${server}/set`, { body: "mem 64\n" })).status, 409);
      assert.equal(await statusOf(server), "dead");
      await cloud.act(`servers/${server}/stop`);
      assert.equal((await cloud.ask(`servers/${server}/info`)).status, 404, "it was not persistent");
    });

    it("a reset boots it anew, and it is active", async () => {
      const drive = await diskOf(cloud, firstThen(PANIC, [...show("<again>"), ...HALT]));
      const server = await started(drive);
      await becomes(server, "dead");
      const before = (await infoOf(server)).get("started");
      await cloud.act(`servers/${server}/reset`);
      await screenShowing(cloud, server, /<again>/);
      assert.deepEqual([await statusOf(server), (await infoOf(server)).get("started")], ["active", before]);
      await cloud.act(`servers/${server}/destroy`);
    });

    it("is dead also for a daemon that was not there when it happened", async () => {
      const server = await started(await diskOf(cloud, NEVER_BOOTS), { persistent: "true" });
      await becomes(server, "dead");
      await cloud.kill();
      await cloud.start();
      assert.equal(await statusOf(server), "dead");
      await cloud.act(`servers/${server}/destroy`);
    });
  });

  describe("dumped", () => {
    let server = "";
    before(async () => {
      server = await started(await diskOf(cloud, [...show("<here>"), ...HALT]), { persistent: "true" });
      await screenShowing(cloud, server, /<here>/);
    });
    after(() => cloud.act(`servers/${server}/destroy`));

    /** `lodge server dump` to standard output, which is read when it is read. */
    async function dumping(): Promise<ChildProcess> {
      const child = spawn(LODGE, ["server", "dump", server, "-", "--home", cloud.home], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      await becomes(server, "dumped");
      return child;
    }

    async function wholeOf(child: ChildProcess): Promise<Buffer> {
      const chunks: Buffer[] = [];
      child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
      const [code] = await once(child, "close");
      assert.equal(code, 0);
      return Buffer.concat(chunks);
    }

    it("a server is dumped while its memory is written out, and active afterwards", async () => {
      const child = await dumping();
      await cloud.act(`servers/${server}/start`);
      assert.match(
        await refusal(`servers/${server}/reset`),
        /^409 busy: the memory of server \S+ is being written out/,
      );
      const core = await wholeOf(child);
      assert.equal(core.toString("latin1", 0, 4), "\u007fELF");
      assert.ok(core.length > 32 * 2 ** 20, "all of its memory");
      assert.ok(core.includes(Buffer.from([...show("<here>"), ...HALT])), "and its code in it");
      await becomes(server, "active");
    });

    it("is active again when the one who asked is killed", async () => {
      const child = await dumping();
      child.kill("SIGKILL");
      await becomes(server, "active");
    });

    it("may be stopped, which ends the dump without a file", async () => {
      const file = join(cloud.home, "core");
      const child = await dumping();
      await cloud.act(`servers/${server}/stop`);
      const [code] = await Promise.all([once(child, "close").then(([code]) => code), child.stdout?.resume()]);
      assert.equal(code, 1);
      const absent = await cloud.tool("lodge", ["server", "dump", server, file]);
      assert.match(absent.stderr, /^lodge: no such server runs here\n$/);
      await assert.rejects(access(file));
      await cloud.act(`servers/${server}/start`);
      await screenShowing(cloud, server, /<here>/);
    });

    it("goes into a file for its owner alone, which must not be there yet; a dead one's, too", async () => {
      const file = join(cloud.home, "core");
      const dead = await started(await diskOf(cloud, PANIC));
      await becomes(dead, "dead");
      const dumped = await cloud.tool("lodge", ["server", "dump", dead, file]);
      assert.deepEqual([dumped.code, dumped.stderr], [0, ""]);
      assert.equal((await readFile(file)).toString("latin1", 0, 4), "\u007fELF");
      assert.equal(await statusOf(dead), "dead");
      const again = await cloud.tool("lodge", ["server", "dump", dead, file]);
      assert.match(again.stderr, /^lodge: .*core is there already/);
      assert.equal(again.code, 2);
      await cloud.act(`servers/${dead}/destroy`);
    });
  });

  const skip = process.getuid?.() === 0 ? false : "only root can mount a small disk";
  describe("paused", { skip }, () => {
    const PIECES = 384;
    const [LARGE, SMALL] = ["256M", "6M"];

    before(async () => {
      mount("-t", "tmpfs", "-o", `size=${LARGE},mode=711`, "tmpfs", drives());
      // The storage daemon that runs has the folder in its view that was there before.
      const socket = join(openHome(cloud.home).runDir, "blocks", "qmp.sock");
      const found = await processesWith(`socket,id=qmp,path=${socket},server=on,wait=off`);
      for (const pid of found) process.kill(pid, "SIGKILL");
    });
    after(() => execFileSync("umount", ["--lazy", drives()]));

    const drives = () => join(cloud.home, "drives");
    const resize = (size: string) => mount("-o", `remount,size=${size}`, drives());

    // Not on IDE: there QEMU lets a BIOS, which waits for the disk without DMA, see the error before it is paused.
    for (const [device, cipher, claim] of [
      ["scsi:0:0", "aes-xts-plain", "exclusive"],
      ["block:0", "none", "exclusive"],
      ["block:7", "aes-xts-plain", "shared"],
    ] as const) {
      it(`a guest that finds the host's disk full is paused, and goes on once there is room: ${device}, ${cipher}, ${claim}`, async () => {
        const kind = { size: "16M", "encryption:cipher": cipher, "claim:type": claim };
        const drive = await diskOf(cloud, writePieces(PIECES), kind);
        resize(SMALL);
        const server = await started(drive, { persistent: "true" }, device);
        await becomes(server, "paused");
        assert.doesNotMatch(
          (await screenLines(cloud, server)).join("\n"),
          /done|failed/,
          "it was told nothing",
        );
        await cloud.kill();
        await cloud.start();
        assert.equal(await statusOf(server), "paused");
        resize(LARGE);
        assert.match(await screenShowing(cloud, server, /done|failed/), /done/);
        assert.equal(await statusOf(server), "active");
        await cloud.act(`servers/${server}/stop`);
        await judgePieces(drive);
        await cloud.act(`servers/${server}/destroy`);
        await cloud.act(`drives/${drive}/destroy`);
      });
    }

    it("a paused server may be reset and stopped, and then holds nothing", async () => {
      const device = "block:0";
      const drive = await diskOf(cloud, writePieces(PIECES), { size: "16M" });
      resize(SMALL);
      const server = await started(drive, { persistent: "true" }, device);
      await becomes(server, "paused");
      await cloud.act(`servers/${server}/start`);
      await cloud.act(`servers/${server}/reset`);
      await becomes(server, "paused");
      await cloud.act(`servers/${server}/stop`);
      assert.equal(await statusOf(server), "stopped");
      assert.equal(await claimant(drive), undefined);
      resize(LARGE);
      await cloud.act(`servers/${server}/destroy`);
      await cloud.act(`drives/${drive}/destroy`);
    });

    /** That all that the guest wrote is there. */
    async function judgePieces(drive: string): Promise<void> {
      const chunk = 4 * 2 ** 20;
      for (let offset = 0; offset < PIECES * PIECE_BYTES; offset += chunk) {
        const { bytes } = await cloud.ask(`drives/${drive}/read/${offset}/${chunk}`);
        for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
          const number = (offset + at) / PIECE_BYTES;
          if (number === 0 || number > PIECES) continue;
          const piece = bytes.subarray(at, at + PIECE_BYTES);
          assert.ok(
            piece.equals(Buffer.alloc(PIECE_BYTES, Buffer.of(number & 0xff, number >> 8))),
            `piece ${number}`,
          );
        }
      }
    }
  });
});

const mount = (...words: string[]) => execFileSync("mount", words);
