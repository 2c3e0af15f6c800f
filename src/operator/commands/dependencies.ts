/** What the commands on the cloud itself work with. */
import { atMostEvery } from "../../base/at-most-every.ts";
import type { Hosts } from "../../hosts/hosts.ts";
import type { Store } from "../../store/store.ts";
import { type Need, needsOf } from "../needs.ts";
import { type OwnStatus, statusOf } from "../status.ts";

export type CloudCommandDependencies = {
  readonly store: Store;
  readonly hosts: Hosts;
  /** What the daemon says of itself. */
  readonly ownStatus: () => Promise<OwnStatus>;
  /** What needs a person: all rows and files are compared for it, so who asks within a moment shares it. */
  readonly needs: () => Promise<readonly Need[]>;
};

/** How long what needs a person is told as it was found. */
const FOUND_FOR_MS = 2_000;

export function cloudDependencies(
  cloud: Pick<CloudCommandDependencies, "store" | "hosts">,
  ownStatus: () => Promise<OwnStatus>,
): CloudCommandDependencies {
  const { store, hosts } = cloud;
  const find = async () => needsOf({ ...(await statusOf({ store, hosts })), daemon: await ownStatus() });
  return { store, hosts, ownStatus, needs: atMostEvery(FOUND_FOR_MS, find) };
}
