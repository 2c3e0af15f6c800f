/**
 * The machine's side of the network: it lets guests out into the world, and keeps them from the machine itself.
 *
 * What guests send into the world is hidden behind the machine's own addresses, but for what comes from operator's. What
 * they send to an address of the machine, whichever that is and whenever it came, gets no further, but for pings and the
 * ports that the operator names. That is judged before others' rules change where it is sent to: a container's port that
 * the machine leads on is the machine's, too.
 */
import { readFile, writeFile } from "node:fs/promises";
import { coalesce } from "../../base/coalesce.ts";
import { parseNetwork } from "../../base/ipv4.ts";
import { run } from "../process/process.ts";
import { type GuestPort, guestPortRules } from "./guest-ports.ts";
import { resolvers } from "./machine.ts";
import { missing } from "./namespace.ts";
import { StandingRules } from "./standing-rules.ts";
import type { Layout } from "./subnet.ts";
import type { Part } from "./upkeep.ts";

const FORWARDING = "/proc/sys/net/ipv4/ip_forward";
/** An empty chain of this name in a cloud's table says that forwarding was off before a cloud turned it on. */
const FORWARDING_WAS_OFF = "forwarding_was_off";

export type WorldOptions = {
  /** The cloud's name, which its table and the machine's end of the uplink bear. */
  readonly cloud: string;
  readonly layout: Layout;
  /** What guests reach of the machine itself. */
  readonly guestPorts: readonly GuestPort[];
  readonly warn: (message: string, error: unknown) => void;
};

export class World implements Part {
  readonly what = "the machine's rules for guests";
  readonly refresh: () => Promise<void>;
  readonly #options: WorldOptions;
  readonly #wasOff: boolean;
  readonly #rules: StandingRules;
  /** The resolvers that were last written. */
  #names: readonly string[] = [];

  /**
   * Writes the rules, and turns forwarding on. What another table drops is dropped all the same (see
   * `forwardingObstacles`): no verdict of ours can undo it.
   */
  static async open(options: WorldOptions): Promise<World> {
    const wasOff =
      (await readFile(FORWARDING, "latin1")).trim() === "0" ||
      (await cloudTables()).some(({ marked }) => marked);
    const world = new World(options, wasOff);
    await world.refresh();
    await writeFile(FORWARDING, "1");
    return world;
  }

  private constructor(options: WorldOptions, wasOff: boolean) {
    this.#options = options;
    this.#wasOff = wasOff;
    this.#rules = new StandingRules({
      write: async (script) => void (await run(["nft", "-f", "-"], script)),
      look: () => run(["nft", "-s", "list", "table", "ip", options.cloud]).catch(missing),
    });
    this.refresh = coalesce(async () => {
      this.#names = await namesOf();
      await this.#rules.write(this.#script());
    });
  }

  async isInOrder(): Promise<boolean> {
    if (await this.#rules.isChanged()) {
      this.#options.warn(`somebody changed ${this.what}, which are written anew`, undefined);
    }
    return this.#rules.isWritten && (await namesOf()).join() === this.#names.join();
  }

  /** The table whole, in place of whatever was there. */
  #script(): string {
    const { cloud, layout, guestPorts } = this.#options;
    const accepted = [
      "ct state established,related accept",
      "icmp type echo-request accept",
      ...this.#names.map((address) => `ip daddr ${address} meta l4proto { tcp, udp } th dport 53 accept`),
      ...guestPortRules(guestPorts),
    ];
    return `
table ip ${cloud}
delete table ip ${cloud}
table ip ${cloud} {
  ${this.#wasOff ? `chain ${FORWARDING_WAS_OFF} {\n  }` : ""}
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${layout.subnet} oifname != "${cloud}" masquerade
  }
  chain from_guests {
    type filter hook prerouting priority mangle; policy accept;
    iifname "${cloud}" fib daddr type { local, broadcast, anycast, multicast } goto to_machine
  }
  chain to_machine {
    ${accepted.join("\n    ")}
    drop
  }
}
`;
  }
}

/** Guests are told to ask the machine's resolvers, of which one may be the machine. */
const namesOf = async () => (await resolvers()).filter((text) => parseNetwork(text) !== null);

/** Undoes what `World.open` did. Forwarding goes off again when it was a cloud that turned it on, and no other is left. */
export async function closeWorld(cloud: string): Promise<void> {
  const own = (await cloudTables()).find(({ name }) => name === cloud);
  if (own === undefined) return;
  await run(["nft", "delete", "table", "ip", cloud]);
  if (!own.marked || (await cloudTables()).length > 0) return;
  await writeFile(FORWARDING, "0");
  // A cloud that started in between has its table now, or turns forwarding on after this.
  if ((await cloudTables()).length > 0) await writeFile(FORWARDING, "1");
}

/** Whether the cloud has its table. */
export async function hasWorld(cloud: string): Promise<boolean> {
  return (await cloudTables()).some(({ name }) => name === cloud);
}

type Listed = {
  readonly nftables: readonly {
    readonly table?: { readonly family: string; readonly name: string };
    readonly chain?: { readonly family: string; readonly table: string; readonly name: string };
  }[];
};

/** The tables of all clouds on this machine, with whether they bear the mark. */
async function cloudTables(): Promise<{ name: string; marked: boolean }[]> {
  const { nftables } = JSON.parse(await run(["nft", "-j", "list", "tables", "ip"])) as Listed;
  const names = nftables.flatMap(({ table }) => (table?.name.startsWith("lodge-") ? [table.name] : []));
  if (names.length === 0) return [];
  const chains = (JSON.parse(await run(["nft", "-j", "list", "chains", "ip"])) as Listed).nftables;
  return names.map((name) => ({
    name,
    marked: chains.some(({ chain }) => chain?.table === name && chain.name === FORWARDING_WAS_OFF),
  }));
}
