/** What goes on in a cloud by itself, beside operations: traffic is read, servers are sampled, use is charged, invoices are made, funds are watched, hooks are told. */
import type { FundsDependencies } from "./accounts/funds/carry-out.ts";
import { noteTaken } from "./accounts/funds/warnings.ts";
import { openFundsWatch } from "./accounts/funds/watch.ts";
import type { Periodic } from "./base/periodic.ts";
import { Charging } from "./billing/charging.ts";
import { openInvoicing } from "./billing/invoicing.ts";
import { Sampler } from "./samples/sampler.ts";
import { TransferReadings } from "./servers/transfer-readings.ts";
import { Deliverer } from "./webhooks/deliverer.ts";

export type Background = {
  readonly charging: Charging;
  readonly invoicing: Periodic;
  readonly funds: Periodic;
  readonly deliverer: Deliverer;
  readonly samples: Sampler;
  /** Begins with what is due; to be called once what ended while no daemon was there is recorded. */
  start(): void;
  close(): Promise<void>;
};

type Dependencies = FundsDependencies & {
  /** Milliseconds since the epoch, by which deliveries are tried again; by default the wall clock's. */
  readonly now?: () => number;
};

export function openBackground(dependencies: Dependencies): Background {
  const { store, keyring, clock, onTrouble, now } = dependencies;
  const transfers = new TransferReadings(dependencies);
  const samples = new Sampler(dependencies);
  const charging = new Charging({ store, clock, onTrouble });
  const invoicing = openInvoicing({ store, clock, onTrouble });
  const funds = openFundsWatch(dependencies);
  const deliverer = new Deliverer({
    ...{ store, keyring, onTrouble },
    ...(now === undefined ? {} : { now }),
    onDelivered: (tx, delivered) => noteTaken(tx, delivered, clock.now()),
  });
  return {
    ...{ charging, invoicing, funds, deliverer, samples },
    start() {
      for (const part of [transfers, charging, invoicing, funds, deliverer, samples]) part.start();
    },
    async close() {
      for (const part of [samples, deliverer, funds, invoicing, charging, transfers]) await part.close();
    },
  };
}
