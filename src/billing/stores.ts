/**
 * Subscriptions to `xfer` are stores of bytes (accounts: subscriptions): what is transferred while one is active is taken out
 * of it, of several out of the one that ends first; what is left at its end is lost. Pure.
 */
import type { Transfer } from "../metering/transfers.ts";

export type ByteStore = {
  readonly uuid: string;
  readonly serial: number;
  readonly from: number;
  readonly to: number;
  readonly amount: bigint;
  readonly used: bigint;
};

export type Taken = {
  readonly transferred: bigint;
  /** What of it came out of stores. */
  readonly covered: bigint;
  /** How much of each store is used up then, by uuid; those of which nothing was taken are left out. */
  readonly used: ReadonlyMap<string, bigint>;
};

export function takeOut(stores: readonly ByteStore[], transfers: readonly Transfer[]): Taken {
  const inTurn = [...stores].sort((one, other) => one.to - other.to || one.serial - other.serial);
  const used = new Map<string, bigint>();
  let [transferred, covered] = [0n, 0n];
  for (const { time, bytes } of [...transfers].sort((one, other) => one.time - other.time)) {
    let rest = bytes;
    for (const store of inTurn) {
      if (rest === 0n) break;
      if (time < store.from || time >= store.to) continue;
      const before = used.get(store.uuid) ?? store.used;
      const left = store.amount - before;
      if (left === 0n) continue;
      let taken = rest;
      if (taken > left) taken = left;
      used.set(store.uuid, before + taken);
      rest -= taken;
    }
    transferred += bytes;
    covered += bytes - rest;
  }
  return { transferred, covered, used };
}
