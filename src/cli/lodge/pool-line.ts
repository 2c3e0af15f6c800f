/** The line that `lodge pool list` and `lodge pool add` print of a pool. */
import { networkText } from "../../base/ipv4.ts";
import { capacity, type Pool } from "../../resources/pool.ts";

/** @param taken how many of its addresses users hold */
export function poolLine(pool: Pool, taken: number): string {
  const { network, gateway, nameservers, origin } = pool;
  return [
    `${networkText(network)} gateway ${gateway}`,
    ...nameservers.map((nameserver) => ` nameserver ${nameserver}`),
    `, ${taken} of ${capacity(pool)} taken`,
    origin === "host" ? ", the guests' private subnet" : "",
  ].join("");
}
