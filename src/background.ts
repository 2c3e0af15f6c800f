/** What goes on in a cloud by itself, beside operations: use is charged, funds are watched, hooks are told. */
import type { FundsDependencies } from "./accounts/funds/carry-out.ts";
import { noteTaken } from "./accounts/funds/warnings.ts";
import { FundsWatch } from "./accounts/funds/watch.ts";
import { Charging } from "./billing/charging.ts";
import { Deliverer } from "./webhooks/deliverer.ts";

export type Background = {
  readonly charging: Charging;
  readonly funds: FundsWatch;
  readonly deliverer: Deliverer;
  /** Begins with what is due; to be called once what ended while no daemon was there is recorded. */
  start(): void;
  close(): Promise<void>;
};

export function openBackground(dependencies: FundsDependencies): Background {
  const { store, keyring, clock, onTrouble, now } = dependencies;
  const charging = new Charging({ store, clock, onTrouble });
  const funds = new FundsWatch(dependencies);
  const deliverer = new Deliverer({
    ...{ store, keyring, onTrouble },
    ...(now === undefined ? {} : { now }),
    onDelivered: (tx, delivered) => noteTaken(tx, delivered, clock.now()),
  });
  return {
    ...{ charging, funds, deliverer },
    start() {
      for (const part of [charging, funds, deliverer]) part.start();
    },
    async close() {
      for (const part of [deliverer, funds, charging]) await part.close();
    },
  };
}
