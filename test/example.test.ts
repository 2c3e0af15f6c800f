/** The specification's worked example, run by the tools themselves in a shell, its output compared line by line. */
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { openCloud } from "../testing/cloud.ts";
import { guestPage } from "../testing/guest/page.ts";
import { view } from "../testing/guest/rfb.ts";
import { sampleImage } from "../testing/guest/sample.ts";
import { runToEnd } from "../testing/run.ts";
import { until } from "../testing/until.ts";

const BIN = resolve(import.meta.dirname, "../bin");

/** Steps 3 and 4 as a user types them; what `grep drive` and the eye pick out is kept in a variable. */
const SCRIPT = `
set -e
. "$LODGE_HOME/env"
elastichosts-upload "$IMAGE" | tee "$OUT.upload"
drive=$(sed -n 's/^Created drive \\([^ ]*\\) .*/\\1/p' "$OUT.upload")
elastichosts -c servers create << EOF
name TestServer
cpu 2000
mem 256
ide:0:0 $drive
boot ide:0:0
nic:0:model e1000
nic:0:dhcp auto
smp auto
vnc auto
vnc:password XXXXXXXX
EOF
`;

const BASIC_UPLOAD = `
set -e
. "$LODGE_HOME/env"
drive=$(printf 'name TestDrive\\nsize 10000000\\n' | elastichosts -c drives create | grep '^drive' | cut -d ' ' -f 2)
head -c 10000000 "$IMAGE" > "$OUT.part"
elastichosts -f "$OUT.part" drives "$drive" write
elastichosts drives "$drive" info
elastichosts drives "$drive" destroy
elastichosts drives list
`;

test("the worked example runs as the specification prints it, to a guest that is used and shut down", async (t) => {
  const cloud = await openCloud();
  t.after(() => cloud.close());
  const shell = (script: string) =>
    runToEnd(["sh", "-c", script], "", {
      PATH: `${BIN}:${process.env.PATH}`,
      LODGE_HOME: cloud.home,
      IMAGE: sampleImage(),
      OUT: `${cloud.home}/out`,
    });

  const run = await shell(SCRIPT);
  assert.equal(run.code, 0, run.stderr);
  const pattern = [
    "Created drive (UUID) of size 33554432",
    "Uploading 8 chunks of 4194304 bytes: \\.{8} completed",
    "server (UUID)",
    "name TestServer",
    "cpu 2000",
    "smp auto",
    "smp:cores 1",
    "smp:sockets 1",
    "mem 256",
    "ide:0:0 \\1",
    "boot ide:0:0",
    "nic:0:dhcp auto",
    "nic:0:dhcp:ip (IP)",
    "nic:0:model e1000",
    "rx \\d+",
    "tx \\d+",
    "vnc auto",
    "vnc:ip \\3",
    "vnc:password XXXXXXXX",
  ]
    .join("\n")
    .replaceAll("UUID", "[0-9a-f-]{36}")
    .replace("IP", "[0-9.]+");
  const match = new RegExp(`^${pattern}\n`).exec(run.stdout);
  assert.ok(match, run.stdout);
  const [, , server = "", address = ""] = match;

  assert.match(await guestPage(cloud, address), /\S/);
  const viewer = await view(address, 5900, "XXXXXXXX");
  viewer.close();

  const shutdown = await cloud.tool("elastichosts", ["servers", server, "shutdown"]);
  assert.deepEqual([shutdown.code, shutdown.stdout], [0, ""]);
  await until("the list of servers is empty", async () =>
    (await cloud.tool("elastichosts", ["servers", "list"])).stdout === "" ? true : null,
  );
  const gone = await cloud.tool("elastichosts", ["servers", server, "info"]);
  assert.notEqual(gone.code, 0);
  assert.match(gone.stderr, /missing/);

  const basic = await shell(BASIC_UPLOAD);
  assert.equal(basic.code, 0, basic.stderr);
  assert.match(basic.stdout, /^drive [0-9a-f-]{36}\nname TestDrive\nsize 10000000\n/);
  assert.match(basic.stdout, /write:bytes 10000000\n/);
});
