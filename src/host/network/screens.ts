/**
 * Where QEMUs' VNC servers listen: each in the network namespace of its own QEMU, which is joined to the guests' by a veth
 * pair, and at an address of its own, that is link-local and known in these two alone. So none can be in another's way. The
 * pair goes with QEMU's namespace.
 */
import { stat } from "node:fs/promises";
import { ipv4Text, parseNetwork } from "../../base/ipv4.ts";
import type { VncListen } from "../guest-network.ts";
import { run } from "../process/process.ts";
import { programPath } from "../process/programs.ts";
import { NAMESPACES, type Namespace } from "./namespace.ts";
import type { Layout } from "./subnet.ts";

/** One for each screen of the host; the device of one bears it. */
export const VNC_PORTS = { first: 5901, last: 9999 } as const;
/** The ends in the guests' namespace, as the firewall knows them. */
const DEVICE = "s";
export const SCREEN_DEVICES = `"${DEVICE}*"`;
/** The end in QEMU's namespace. */
const INNER_DEVICE = "screen";
const FIRST_ADDRESS = parseNetwork("169.254.32.0/20")?.base ?? 0;

/** Where the VNC server of that port is to listen. */
export const screenListen = (port: number): VncListen => ({
  address: ipv4Text(FIRST_ADDRESS + port - VNC_PORTS.first),
  port,
});

/**
 * Makes what leads to `listen` in the namespace of the process. One that is in the guests' own, since there is no sandbox to be
 * had here, gets the address there. Errors: the process has ended; what ip(8) says.
 */
export async function joinScreen(
  namespace: Namespace,
  layout: Layout,
  { address, port }: VncListen,
  pid: number,
): Promise<void> {
  const own = `/proc/${pid}/ns/net`;
  const [theirs, ours] = await Promise.all([stat(own), stat(`${NAMESPACES}/${namespace.name}`)]);
  if (theirs.ino === ours.ino) return namespace.ip([`address replace ${address}/32 dev lo`]);
  const device = `${DEVICE}${port}`;
  await namespace.ip([
    `link add ${device} type veth peer name ${INNER_DEVICE} netns ${pid}`,
    `link set ${device} up`,
    `route add ${address}/32 dev ${device}`,
  ]);
  const lines = [
    "link set lo up",
    `link set ${INNER_DEVICE} addrgenmode none`,
    `address add ${address}/32 dev ${INNER_DEVICE}`,
    `link set ${INNER_DEVICE} up`,
    `route add default via ${layout.inner} dev ${INNER_DEVICE} onlink`,
  ];
  const batch = [programPath("nsenter"), `--net=${own}`, "--", programPath("ip"), "-batch", "-"];
  await run(batch, `${lines.join("\n")}\n`);
}

/** Removes what leads to screens at other ports than these: launchers had them that ended with an earlier daemon. */
export async function dropOtherScreens(namespace: Namespace, ports: ReadonlySet<number>): Promise<void> {
  const links = await namespace.ask<{ ifname: string }[]>("link show type veth");
  const others = links.flatMap(({ ifname }) => {
    const port = /^s(\d+)$/.exec(ifname)?.[1];
    return port === undefined || ports.has(Number(port)) ? [] : [ifname];
  });
  // They may go by themselves meanwhile.
  await namespace.ipEach(others.map((device) => `link delete ${device}`));
}

/** Removes what `joinScreen` made. What is gone with QEMU's namespace already is no matter. */
export async function dropScreen(namespace: Namespace, { address, port }: VncListen): Promise<void> {
  const links = await namespace.ask<{ ifname: string }[]>("link show type veth");
  const here = await namespace.ask<{ addr_info: { local?: string }[] }[]>("-4 address show dev lo");
  const isHere = here.some(({ addr_info }) => addr_info.some(({ local }) => local === address));
  const device = `${DEVICE}${port}`;
  // It may go by itself meanwhile.
  if (links.some(({ ifname }) => ifname === device)) await namespace.ipEach([`link delete ${device}`]);
  if (isHere) await namespace.ip([`address delete ${address}/32 dev lo`]);
}
