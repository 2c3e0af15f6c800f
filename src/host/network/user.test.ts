import assert from "node:assert/strict";
import { test } from "node:test";
import { contains, ipv4Number } from "../../base/ipv4.ts";
import { run } from "../process/process.ts";
import { openUserNetwork } from "./user.ts";

const nic = (address: string | null) =>
  ({
    index: 0,
    model: "virtio",
    mac: "02:00:00:00:00:01",
    vlan: null,
    lease: address === null ? null : { address, network: null },
  }) as const;

test("a cloud's addresses are a loopback range of its own", () => {
  const ranges = ["00000000", "00000001", "deadbeef", "ffffffff"].map((id) => {
    const { addresses, staticAddresses } = openUserNetwork({ id, firstPort: 1024 });
    assert.ok(staticAddresses !== null);
    const { first } = addresses;
    const { last } = staticAddresses;
    assert.match(first, /^127\./);
    assert.match(last, /^127\./);
    assert.ok(ipv4Number(first) >= ipv4Number("127.16.0.1"));
    assert.equal(ipv4Number(last) - ipv4Number(first), 1021);
    assert.equal(ipv4Number(staticAddresses.first), ipv4Number(addresses.last) + 1);
    assert.ok(contains(`${first.replace(/\d+$/, "0")}/22`, staticAddresses.first));
    assert.ok(contains(`${staticAddresses.first}/${staticAddresses.prefix}`, last), "they are one network");
    return first;
  });
  assert.equal(new Set(ranges).size, ranges.length);
});

test("ports that only root may open are shifted by 8000", async () => {
  const forwarded = async (firstPort: number) => {
    const { netdev } = await openUserNetwork({ id: "00000000", firstPort }).plug("a", nic("127.16.0.1"));
    return (netdev.hostfwd as { str: string }[]).map(({ str }) => str);
  };
  assert.deepEqual(await forwarded(0), [
    "tcp:127.16.0.1:22-:22",
    "tcp:127.16.0.1:80-:80",
    "tcp:127.16.0.1:443-:443",
  ]);
  assert.deepEqual(await forwarded(1024), [
    "tcp:127.16.0.1:8022-:22",
    "tcp:127.16.0.1:8080-:80",
    "tcp:127.16.0.1:8443-:443",
  ]);
  assert.deepEqual(await forwarded(80), [
    "tcp:127.16.0.1:8022-:22",
    "tcp:127.16.0.1:80-:80",
    "tcp:127.16.0.1:443-:443",
  ]);
});

test("QEMU takes both kinds of NIC and forwards the ports", async () => {
  const network = openUserNetwork({ id: "0badcafe", firstPort: 1024 });
  const { first } = network.addresses;
  const netdevs = [await network.plug("a", nic(first)), await network.plug("a", { ...nic(null), index: 1 })];
  const words = netdevs.flatMap(({ netdev }, index) => [
    "-netdev",
    JSON.stringify({ ...netdev, id: `n${index}` }),
  ]);
  const qemu = ["qemu-system-x86_64", "-nodefaults", "-display", "none", "-machine", "none"];
  const answer = await run([...qemu, "-monitor", "stdio", ...words], "info usernet\nquit\n");
  assert.match(answer, new RegExp(`HOST_FORWARD.*${first}\\s+8022\\s+10\\.0\\.2\\.15\\s+22`));
});

test("a NIC in a VLAN is refused, since nothing of QEMU's would keep it private", async () => {
  const network = openUserNetwork({ id: "00000000", firstPort: 1024 });
  const vlan = "11111111-1111-4111-8111-111111111111";
  await assert.rejects(network.plug("a", { ...nic(null), index: 1, vlan }), {
    type: "failed",
    message: /VLANs need bridges.*lodge doctor/,
  });
});

test("the screen answers at port 5900 of the server's own address", async () => {
  const network = openUserNetwork({ id: "00000000", firstPort: 1024 });
  assert.deepEqual(await network.vncListen("a", "127.16.0.1"), { address: "127.16.0.1", port: 5900 });
});
