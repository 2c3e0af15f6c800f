/** VNC over TLS (spec: vnc:tls), with a viewer of Debian's that speaks VeNCrypt and with one that speaks plain VNC alone. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, readFile, readlink, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { HALT } from "../../src/host/qemu/boot-sector.ts";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { type Captured, capture } from "../../testing/guest/gvnc.ts";
import { litCells } from "../../testing/guest/picture.ts";
import { type Refused, view } from "../../testing/guest/rfb.ts";
import { diskOf, runDirectoryOf, screenShowing, show } from "../../testing/guest/small.ts";
import { long } from "../../testing/share.ts";

/** Where pictures of guests' screens go, for people to look at. */
const PICTURES = resolve(import.meta.dirname, "../../.cache/pictures");

/** What our own viewer, which speaks plain VNC, says of security type 19. */
const VENCRYPT_ALONE = /only security types 19 are offered/;

describe("VNC over TLS", long, () => {
  let cloud: Cloud;
  let server = "";
  let address = "";

  before(async () => {
    cloud = await openCloud();
    const made = await cloud.make("servers/create", {
      ...{ name: "screen", cpu: 2000, mem: 32, persistent: "true" },
      ...{ vnc: "auto", "vnc:password": "secret", "vnc:tls": "on" },
      "ide:0:0": await diskOf(cloud, [...show("Hello from a small guest"), ...HALT]),
    });
    server = made.get("server") ?? "";
    address = made.get("vnc:ip") ?? "";
    await screenShowing(cloud, server, /Hello/);
  });
  after(() => cloud.close());

  /** That there is a picture, of the guest's words. */
  async function judge({ picture, said }: Captured, name: string): Promise<void> {
    assert.ok(picture !== null, said);
    await mkdir(PICTURES, { recursive: true });
    await writeFile(join(PICTURES, `${name}.png`), picture);
    assert.ok(litCells(picture) > 20, "there is something on the screen");
  }

  async function startAnew(): Promise<void> {
    await cloud.act(`servers/${server}/stop`);
    await cloud.act(`servers/${server}/start`);
    assert.equal((await cloud.info(`servers/${server}/info`)).get("vnc:ip"), address);
    await screenShowing(cloud, server, /Hello/);
  }

  it("vnc auto without a DHCP address has an address of its own, where the screen is", () => {
    assert.match(address, /^\d+\.\d+\.\d+\.\d+$/);
  });

  it("without a certificate it is anonymous (TLSVnc), and the password is asked for within", async () => {
    const captured = await capture(address, "secret");
    await judge(captured, "TLSVnc");
    assert.equal(captured.kind, "TLSVnc");
    const wrong = await capture(address, "wrong");
    assert.equal(wrong.picture, null, wrong.said);
    assert.match(wrong.said, /Password: /);
  });

  it("a viewer without TLS is refused, whatever its password", async () => {
    await assert.rejects(view(address, 5900, "secret"), VENCRYPT_ALONE);
  });

  it("takes another password, closes and opens again while the guest runs", async () => {
    await cloud.make(`servers/${server}/set`, { "vnc:password": "other" });
    assert.equal((await capture(address, "secret")).picture, null);
    assert.ok((await capture(address, "other")).picture !== null);
    await cloud.make(`servers/${server}/set`, { "vnc:password": "" });
    await assert.rejects(
      view(address, 5900, "other"),
      (error: Refused) => !VENCRYPT_ALONE.test(error.message),
    );
    await cloud.make(`servers/${server}/set`, { "vnc:password": "secret" });
    await judge(await capture(address, "secret"), "TLSVnc, opened again");
  });

  it("can only be turned on or off while the server is stopped", async () => {
    const answer = await cloud.ask(`servers/${server}/set`, { body: "vnc:tls off\n" });
    assert.deepEqual([answer.status, answer.headers.get("x-elastic-error")], [409, "busy"]);
    assert.match(answer.text, /^vnc:tls can only be changed while/);
  });

  it("with the cloud's certificate it is X509Vnc, and who trusts its authority sees the screen", async () => {
    await certify(cloud.home, address);
    const authority = await readFile(join(cloud.home, "tls", "cert.pem"), "utf8");
    assert.equal((await capture(address, "secret")).kind, "TLSVnc", "what runs goes on as it was started");
    await startAnew();
    const captured = await capture(address, "secret", authority);
    await judge(captured, "X509Vnc");
    assert.equal(captured.kind, "X509Vnc");
    assert.equal((await capture(address, "wrong", authority)).picture, null);
    assert.equal((await capture(address, "secret")).picture, null, "who trusts nobody's does not log in");
    await assert.rejects(view(address, 5900, "secret"), VENCRYPT_ALONE);
    const doctor = await cloud.tool("lodge", ["doctor"]);
    assert.match(doctor.stdout, new RegExp(`^VNC over TLS +yes: with a certificate for .*${address}`, "m"));
  });

  it("with a certificate its password changes live, too, and the key lies in no file of the server's", async () => {
    const authority = await readFile(join(cloud.home, "tls", "cert.pem"), "utf8");
    await cloud.make(`servers/${server}/set`, { "vnc:password": "" });
    await cloud.make(`servers/${server}/set`, { "vnc:password": "third" });
    assert.ok((await capture(address, "third", authority)).picture !== null);
    const key = await readlink(join(runDirectoryOf(cloud, server).tls, "server-key.pem"));
    assert.match(key, /^\/dev\/fd\/\d+$/, "it is a descriptor, of whichever process looks");
    await cloud.kill();
    await cloud.start();
    assert.ok(
      (await capture(address, "third", authority)).picture !== null,
      "as after a restart of the daemon",
    );
  });

  it("half a certificate, or another's key, refuses the start and is told by the doctor", async () => {
    const key = join(cloud.home, "tls", "key.pem");
    await cloud.act(`servers/${server}/stop`);
    for (const [spoil, complaint] of [
      [() => rename(key, `${key}.away`), /tls\/cert\.pem is there, but tls\/key\.pem is not/],
      [() => writeFile(key, "-----BEGIN"), /tls\/key\.pem holds no private key/],
      [() => otherKey(key), /tls\/key\.pem is not the key of tls\/cert\.pem/],
    ] as const) {
      await spoil();
      const start = await cloud.ask(`servers/${server}/start`, { method: "POST" });
      assert.deepEqual([start.status, start.headers.get("x-elastic-error")], [500, "failed"]);
      assert.match(start.text, /^vnc:tls cannot be had/);
      assert.doesNotMatch(start.text, /key\.pem/, "what is the operator's is told to the operator");
      assert.equal((await cloud.info(`servers/${server}/info`)).get("status"), "stopped");
      const { stdout } = await cloud.tool("lodge", ["doctor"]);
      assert.match(stdout, /^VNC over TLS +no: /m);
      assert.match(stdout, complaint);
    }
    await rm(join(cloud.home, "tls"), { recursive: true });
    assert.match(
      (await cloud.tool("lodge", ["doctor"])).stdout,
      /^VNC over TLS +yes, without a certificate/m,
    );
    await cloud.act(`servers/${server}/start`);
    assert.equal((await capture(address, "third")).kind, "TLSVnc");
  });

  it("turned off, or unset, it is plain VNC alone", async () => {
    for (const value of ["off", ""]) {
      await cloud.act(`servers/${server}/stop`);
      await cloud.make(`servers/${server}/set`, { "vnc:tls": value });
      await cloud.act(`servers/${server}/start`);
      const info = await cloud.info(`servers/${server}/info`);
      assert.equal(info.get("vnc:tls"), value === "" ? undefined : value);
      (await view(address, 5900, "third")).close();
    }
  });
});

/** A certificate for the address that vouches for itself, and its key, where the operator puts them. */
async function certify(home: string, address: string): Promise<void> {
  const folder = join(home, "tls");
  await mkdir(folder, { mode: 0o700 });
  openssl(
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"],
    ...["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")],
    ...["-subj", "/CN=screens", "-addext", `subjectAltName=IP:${address}`],
  );
}

const otherKey = async (file: string) =>
  openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file);

const openssl = (...words: string[]) => execFileSync("openssl", words, { stdio: "pipe" });
