/** What goes on in a cloud by itself, beside operations: use is charged, invoices are made, funds are watched, hooks are told. */
import type { FundsDependencies } from "./accounts/funds/carry-out.ts";
import { noteTaken } from "./accounts/funds/warnings.ts";
import { FundsWatch } from "./accounts/funds/watch.ts";
import { Charging } from "./billing/charging.ts";
import { Invoicing } from "./billing/invoicing.ts";
import { Deliverer } from "./webhooks/deliverer.ts";

export type Background = {
  readonly charging: Charging;
  readonly invoicing: Invoicing;
  readonly funds: FundsWatch;
  readonly deliverer: Deliverer;
  /** Begins with what is due; to be called once what ended while no daemon was there is recorded. */
  start(): void;
  close(): Promise<void>;
};

export function openBackground(dependencies: FundsDependencies): Background {
  const { store, keyring, clock, onTrouble, now } = dependencies;
  const charging = new Charging({ store, clock, onTrouble });
  const invoicing = new Invoicing({ store, clock, onTrouble });
  const funds = new FundsWatch(dependencies);
  const deliverer = new Deliverer({
    ...{ store, keyring, onTrouble },
    ...(now === undefined ? {} : { now }),
    onDelivered: (tx, delivered) => noteTaken(tx, delivered, clock.now()),
  });
  return {
    ...{ charging, invoicing, funds, deliverer },
    start() {
      for (const part of [charging, invoicing, funds, deliverer]) part.start();
    },
    async close() {
      for (const part of [deliverer, funds, invoicing, charging]) await part.close();
    },
  };
}
