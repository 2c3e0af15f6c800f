/**
 * For tests: a guest without a machine, which is a network namespace with one NIC that takes the tap's place on the
 * bridge, and little programs that listen and connect there.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { confine, run } from "../../src/host/process/process.ts";

/** What DHCP tells, lists with spaces between. */
export type Offer = Readonly<Record<"address" | "prefix" | "gateway" | "nameservers", string>>;

export type Guest = {
  readonly netns: string;
  /** Asks for an address as a guest does at boot, so many times, a second apart; answers it, or null when none is offered. */
  lease(attempts?: number): Promise<string | null>;
  /** The same, with all that is offered with it. */
  offer(): Promise<Offer | null>;
  /** Sets `eth0` up by hand, with an address and its prefix, and the default route where a gateway is named. */
  configure(address: string, gateway?: string): Promise<void>;
  /** Whether the address answers a ping within 2 s, in which a neighbour is asked for twice; from `source` if it is given. */
  reaches(address: string, source?: string): Promise<boolean>;
  remove(): Promise<void>;
};

/** As often is asked for an address that there is, on a machine that may be busy. */
const ATTEMPTS = 20;

/** What udhcpc calls with what it got. */
const LEASE_SCRIPT = `#!/bin/sh
case "$1" in
  bound) ip address replace "$ip/$mask" dev "$interface" && ip route replace default via "$router" && echo "bound $ip|$mask|$router|$dns" ;;
esac
`;

/** A port of a bridge, as `ip -details` shows it. */
type Link = {
  readonly master: string;
  readonly linkinfo: {
    readonly info_slave_data: Readonly<Record<"isolated" | "flood" | "mcast_flood", boolean>>;
  };
};

/** Puts a guest of that MAC where the tap is: a device of the same name, at the same place. */
export async function makeGuest(
  cloud: string,
  tap: string,
  mac: string,
  directory: string,
  netns: string,
): Promise<Guest> {
  const script = join(directory, "lease");
  await writeFile(script, LEASE_SCRIPT);
  await chmod(script, 0o755);
  await run(["ip", "netns", "add", netns]);
  const shown = await run(["ip", "-n", cloud, "-json", "-details", "link", "show", tap]);
  const [link] = JSON.parse(shown) as Link[];
  if (link === undefined) throw new Error(`there is no tap ${tap}`);
  const { isolated, flood, mcast_flood } = link.linkinfo.info_slave_data;
  const on = (isOn: boolean) => (isOn ? "on" : "off");
  const batch = [
    `link delete ${tap}`,
    `link add ${tap} type veth peer name eth0 address ${mac} netns ${netns}`,
    `link set ${tap} master ${link.master}`,
    `link set ${tap} type bridge_slave isolated ${on(isolated)} flood ${on(flood)} mcast_flood ${on(mcast_flood)}`,
    `link set ${tap} up`,
  ];
  await run(["ip", "-n", cloud, "-batch", "-"], `${batch.join("\n")}\n`);
  await run(["ip", "-n", netns, "-batch", "-"], "link set lo up\nlink set eth0 up\n");
  const inside = (...command: string[]) => run(confine({ uid: null, netns }, command));
  const offer = async (attempts = ATTEMPTS) => {
    const asked = ["-t", String(attempts), "-T", "1"];
    const client = ["busybox", "udhcpc", "-i", "eth0", "-n", "-q", ...asked, "-s", script];
    const out = await inside(...client).catch(() => "");
    const bound = /^bound (.*)\|(.*)\|(.*)\|(.*)$/m.exec(out);
    if (bound === null) return null;
    const [, address = "", prefix = "", gateway = "", nameservers = ""] = bound;
    return { address, prefix, gateway, nameservers };
  };
  return {
    netns,
    lease: async (attempts) => (await offer(attempts))?.address ?? null,
    offer,
    async configure(address, gateway) {
      const route = gateway === undefined ? [] : [`route add default via ${gateway}`];
      const lines = [`address add ${address} dev eth0`, ...route];
      await run(["ip", "-n", netns, "-batch", "-"], `${lines.join("\n")}\n`);
    },
    reaches: (address, source) =>
      inside("busybox", "ping", "-c1", "-W2", ...(source === undefined ? [] : ["-I", source]), address).then(
        () => true,
        () => false,
      ),
    remove: async () => {
      await run(["ip", "netns", "delete", netns]);
    },
  };
}

/** Listens in the namespace, tells each caller the address that it sees of them, and echoes. Ended by its caller. */
export async function listen(netns: string, address: string, port: number): Promise<ChildProcess> {
  const program = `
    const server = require("node:net").createServer((socket) => {
      socket.on("error", () => {}).write(socket.remoteAddress.replace("::ffff:", "") + "\\n");
      socket.pipe(socket);
    });
    server.listen(${port}, "${address}", () => console.log("listening"));`;
  const [command = "", ...words] = confine({ uid: null, netns }, [process.execPath, "-e", program]);
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"] });
  await once(createInterface(child.stdout), "line");
  return child;
}

/** Connects from the namespace and answers the first line that it is told, or the error's code. */
export async function call(netns: string, address: string, port: number): Promise<string> {
  const program = `
    const socket = require("node:net").connect(${port}, "${address}");
    socket.setTimeout(2000, () => socket.destroy(Object.assign(new Error(), { code: "ETIMEDOUT" })));
    socket.once("data", (line) => { console.log(String(line).trim()); socket.destroy(); });
    socket.once("error", (error) => console.log(error.code));`;
  return (await run(confine({ uid: null, netns }, [process.execPath, "-e", program]))).trim();
}
