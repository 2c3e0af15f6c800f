/** The networks that this machine is in, or reaches otherwise than the rest of the world: by its interfaces and its routes. */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";

/**
 * The shortest prefix of a route that leads to a network, not to about everything: some VPNs halve the default route, and all
 * of IPv6 that is public is 2000::/3.
 */
const LEAST_PREFIX = 8;

/**
 * As words of `addNetwork`.
 *
 * @param proc where the kernel's tables of routes are
 */
export function ownNetworks(proc = "/proc/net"): readonly string[] {
  const interfaces = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  return [
    ...interfaces.map(({ address, cidr }) => cidr ?? address),
    ...routedNetworks(table(join(proc, "route"))),
    ...routedNetworks6(table(join(proc, "ipv6_route"))),
  ];
}

/** Without one, as where /proc is not mounted, the interfaces say what there is. */
function table(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

/** The networks that a table of routes leads to, but for the default (Linux, `fib_route_seq_show`: hexadecimal, in the byte order of the machine). */
export function routedNetworks(table: string): readonly string[] {
  return table
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, destination = "", , , , , , mask = ""] = line.split(/\s+/);
      if (!/^[0-9A-F]{8}$/i.test(destination) || !/^[0-9A-F]{8}$/i.test(mask)) return [];
      const prefix = bytesOf(mask).reduce((sum, byte) => sum + bits(byte), 0);
      return prefix < LEAST_PREFIX ? [] : [`${bytesOf(destination).join(".")}/${prefix}`];
    });
}

/** The same of IPv6 (Linux, `rt6_info_route`: destination, its prefix, and more, all hexadecimal). */
export function routedNetworks6(table: string): readonly string[] {
  return table.split("\n").flatMap((line) => {
    const [, words = "", length = ""] = /^([0-9a-f]{32}) ([0-9a-f]{2}) /i.exec(line) ?? [];
    const prefix = Number.parseInt(length, 16);
    return prefix >= LEAST_PREFIX && prefix <= 128
      ? [`${(words.match(/.{4}/g) ?? []).join(":")}/${prefix}`]
      : [];
  });
}

/** The bytes as an address has them; all machines that Lodge runs on have the lowest first. */
const bytesOf = (word: string): readonly number[] =>
  [6, 4, 2, 0].map((at) => Number.parseInt(word.slice(at, at + 2), 16));

const bits = (byte: number): number => byte.toString(2).replaceAll("0", "").length;
