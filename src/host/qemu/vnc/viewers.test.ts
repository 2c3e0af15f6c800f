/** Several viewers of one screen: two people of one account, or one who left a viewer open elsewhere. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { view } from "../../../../testing/guest/rfb.ts";
import { finish, guestDrive, guestSpec, type TestHost, testHost } from "../../../../testing/qemu/guest.ts";
import { until } from "../../../../testing/until.ts";
import type { QemuServerHost } from "../server-host.ts";

const PASSWORD = "12345678";

let machine: TestHost;
let host: QemuServerHost;
before(async () => {
  machine = await testHost();
  host = await machine.open();
});
after(() => machine.close());

test("a viewer that asks to be the only one is let in, and neither throws others out nor keeps them out", async () => {
  const uuid = randomUUID();
  const address = `127.10.${process.pid % 250}.${(process.pid >> 8) % 250 || 1}`;
  const spec = guestSpec(uuid, await guestDrive(machine.home, randomUUID()));
  await host.launch({ ...spec, vnc: { address, password: PASSWORD, tls: false } }, 1);
  await until("the guest has its screen in text mode, which it keeps", async () => {
    const { width, height, close } = await view(address, 5900, PASSWORD);
    close();
    return (width === 720 && height === 400) || null;
  });
  const viewers = [];
  // In this order each kind comes before and behind each.
  for (const use of ["shared", "exclusive", "exclusive", "shared"] as const) {
    viewers.push(await view(address, 5900, PASSWORD, use));
  }
  for (const viewer of viewers) assert.ok((await viewer.screenshot()).length > 0);
  for (const viewer of viewers) viewer.close();
  await finish(host, uuid);
});
