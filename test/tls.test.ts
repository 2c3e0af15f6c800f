/** A cloud that speaks TLS of its own. */
import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type CertificateFiles, writeCertificate } from "../testing/certificate.ts";
import { carryImage } from "../testing/clients/image-carried.ts";
import { Cloud } from "../testing/cloud.ts";
import { runToEnd, runTool } from "../testing/run.ts";
import { until } from "../testing/until.ts";

describe("a cloud with a certificate", { timeout: 240_000 }, () => {
  let folder: string;
  let files: CertificateFiles;
  let cloud: Cloud;
  const curl = (ca: string, ...words: string[]) =>
    runToEnd(["curl", "--silent", "--show-error", "--noproxy", "*", "--cacert", ca, ...words]);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-tls-"));
    files = writeCertificate(folder, ["IP:127.0.0.1", "DNS:localhost"]);
    cloud = new Cloud(join(folder, "home"), { LODGE_TLS_CERT: files.cert, LODGE_TLS_KEY: files.key });
    await cloud.start();
  });
  after(async () => {
    await cloud.close();
    await rm(folder, { recursive: true });
  });

  test("says where it is, and curl asks it there", async () => {
    assert.match(cloud.url, /^https:\/\/127\.0\.0\.1:\d+\/$/);
    const { code, stdout } = await curl(files.cert, "--user", cloud.auth, `${cloud.url}drives/list`);
    assert.deepEqual([code, stdout], [0, ""]);
    const other = writeCertificate(folder, ["IP:127.0.0.1"], "other");
    assert.equal((await curl(other.cert, cloud.url)).code, 60);
  });

  test("the tools carry an image there and back, trusting whom NODE_EXTRA_CA_CERTS names", async () => {
    const env = { EHURI: cloud.url, EHAUTH: cloud.auth, NODE_EXTRA_CA_CERTS: files.cert };
    await carryImage(folder, 9_000_000, env);
    const { NODE_EXTRA_CA_CERTS: _, ...untrusting } = env;
    const { code, stderr } = await runTool("elastichosts", ["drives", "list"], untrusting);
    assert.equal(code, 1);
    assert.match(stderr, /self-signed certificate/);
  });

  test("a certificate that is put in the place of the old one is in use soon after", async () => {
    const next = writeCertificate(folder, ["IP:127.0.0.1"], "next");
    copyFileSync(next.cert, files.cert);
    copyFileSync(next.key, files.key);
    await until("the new one is in use", async () => {
      const { code } = await curl(next.cert, "--user", cloud.auth, `${cloud.url}drives/list`);
      return code === 0 ? true : null;
    });
  });
});
