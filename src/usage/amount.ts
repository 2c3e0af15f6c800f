/** Amounts of use as they are answered: decimals, in the units that prices are for. */
import { burstCost, isPriced, moneyText } from "../billing/money.ts";
import type { MeteredResource } from "../store/metering-tables.ts";

/**
 * Units for an hour (of `disk` GB), of `xfer` GB; rounded half to even at eight places, as what each would cost at a price
 * of one.
 *
 * @param used unit-seconds; of `xfer`, bytes
 */
export function amountText(resource: MeteredResource, used: bigint): string {
  // What has no price is counted by the piece, as addresses are.
  return moneyText(burstCost(isPriced(resource) ? resource : "ip", used, "1"));
}
