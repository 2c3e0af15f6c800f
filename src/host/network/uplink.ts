/**
 * The uplink: how guests reach the world, and the machine its guests. A veth pair joins the namespace to the machine,
 * with an address of the subnet's end at each side; the machine has one route, of the subnet, over it. IPv6 is off at
 * either side. What the machine does with what comes by it is the world's (`world.ts`).
 *
 * The route is also the claim on the subnet: of two clouds that choose the same one at once, the kernel lets one add
 * it (EEXIST), and the other chooses again.
 */
import { writeFile } from "node:fs/promises";
import { failed } from "../../base/errors.ts";
import { type Ipv4Network, networkText, overlap } from "../../base/ipv4.ts";
import { subnetMeetsPool } from "../errors.ts";
import { run } from "../process/process.ts";
import { UPLINK } from "./filter.ts";
import { hasLink, occupiedNetworks, routesOver } from "./machine.ts";
import { isSetting, type Namespace } from "./namespace.ts";
import { chooseSubnet, isFree, type Layout, layOut } from "./subnet.ts";

/** Which subnet the uplink is to have. */
export type SubnetChoice = {
  readonly subnet: Ipv4Network | null;
  /**
   * `in use`: servers use it, so it stays whatever the machine has come to know since. `fixed`: that one or none.
   * `free`: one that is free, that one if it is.
   */
  readonly as: "in use" | "fixed" | "free";
  /** What it must not meet besides the machine's networks, unless it is in use. */
  readonly avoid: readonly Ipv4Network[];
};

/**
 * Makes the pair and claims a subnet; what is there already stays. Errors: the fixed subnet meets a network of the
 * machine, or none is free.
 */
export async function raiseUplink(
  cloud: string,
  namespace: Namespace,
  choice: SubnetChoice,
  warn: (message: string, error: unknown) => void,
): Promise<Layout> {
  const isThere = await hasLink(cloud);
  if (!isThere) {
    await run(
      ["ip", "-batch", "-"],
      [
        `link add ${cloud} type veth peer name ${UPLINK} netns ${namespace.name}`,
        `link set ${cloud} addrgenmode none`,
        `link set ${cloud} up\n`,
      ].join("\n"),
    );
  }
  const ipv6Off = `ipv6/conf/${cloud}/disable_ipv6`;
  if (isSetting(ipv6Off)) await writeFile(`/proc/sys/net/${ipv6Off}`, "1");
  const layout = await claimSubnet(cloud, choice, isThere ? await routesOver(cloud) : [], warn);
  await Promise.all([
    run(["ip", "address", "replace", layout.outer, "peer", `${layout.inner}/32`, "dev", cloud]),
    namespace.ip([
      `link set lo up`,
      `link set ${UPLINK} up`,
      `address replace ${layout.inner} peer ${layout.outer}/32 dev ${UPLINK}`,
      `route replace default via ${layout.outer} dev ${UPLINK}`,
    ]),
  ]);
  return layout;
}

/** `present`: the networks that are reached over the pair already. */
async function claimSubnet(
  cloud: string,
  choice: SubnetChoice,
  present: readonly Ipv4Network[],
  warn: (message: string, error: unknown) => void,
): Promise<Layout> {
  const { subnet: chosen, as } = choice;
  for (;;) {
    const subnet = as === "in use" ? chosen : await pickSubnet(cloud, choice);
    if (subnet === null) throw failed("no private subnet is free on this machine: say one with --subnet");
    const layout = layOut(subnet);
    if (present.some(({ base, prefix }) => base === subnet.base && prefix === subnet.prefix)) return layout;
    try {
      await run(["ip", "route", "add", layout.subnet, "via", layout.inner, "dev", cloud, "onlink"]);
      return layout;
    } catch (error) {
      const taken = error instanceof Error && error.message.includes("File exists");
      if (!taken) throw error;
      if (as !== "in use") continue;
      const follows = "its guests are reached again once that route is gone and Lodge is started anew";
      warn(`another on this machine has the route of the guests' subnet ${layout.subnet}: ${follows}`, error);
      return layout;
    }
  }
}

async function pickSubnet(
  cloud: string,
  { subnet: chosen, as, avoid }: SubnetChoice,
): Promise<Ipv4Network | null> {
  const occupied = await occupiedNetworks(cloud);
  if (as === "free" || chosen === null) return chooseSubnet([...occupied, ...avoid], chosen);
  if (!isFree(chosen, occupied)) {
    throw failed(
      `the guests' subnet ${networkText(chosen)} (--subnet / LODGE_SUBNET) meets a network that the machine knows: see "ip route"`,
    );
  }
  const pool = avoid.find((network) => overlap(network, chosen));
  if (pool !== undefined) throw subnetMeetsPool(networkText(chosen), networkText(pool));
  return chosen;
}

/** Removes the pair and with it the route. Does nothing when there is none. */
export async function lowerUplink(cloud: string): Promise<void> {
  if (await hasLink(cloud)) await run(["ip", "link", "delete", cloud]);
}
