import { networkText } from "../../base/ipv4.ts";
import { capacity, type Pool } from "../../resources/pool.ts";

/** A pool as its operator reads it, in one line. */
export function poolLine(pool: Pool, taken: number): string {
  const { network, gateway, nameservers, origin } = pool;
  return [
    `${networkText(network)} gateway ${gateway}`,
    ...nameservers.map((nameserver) => ` nameserver ${nameserver}`),
    `, ${taken} of ${capacity(pool)} taken`,
    origin === "host" ? ", the guests' private subnet" : "",
  ].join("");
}
