/** An entry of a ledger as it stands in a store, amounts as text. */
import type { Entry } from "./model.ts";

export type ShownEntry = ReturnType<typeof shownEntry>;

export const shownEntry = ({ kind, amount, balance, resource, from, to }: Entry) => ({
  ...{ kind, amount: String(amount), balance: String(balance), resource, from, to },
});
