/** The choice of the guests' network: bridged where the machine allows it, else user-mode. */
import type { GuestNetwork } from "../guest-network.ts";
import { openBridgedNetwork } from "./bridged.ts";
import { bridgingObstacles } from "./obstacles.ts";
import type { GuestNetworkOptions } from "./options.ts";
import { firstOpenPort, openUserNetwork } from "./user.ts";

/** Opens the guests' network, or takes over the one that running servers use. */
export async function openGuestNetwork(options: GuestNetworkOptions): Promise<GuestNetwork> {
  if (!/^[0-9a-f]{8}$/.test(options.id)) throw new Error(`${options.id} is no id of a cloud`);
  const bridged =
    options.kind === "bridged" || (options.kind === "auto" && (await bridgingObstacles()).length === 0);
  if (bridged) return openBridgedNetwork(options);
  const privileged = options.uid === null && process.getuid?.() === 0;
  return openUserNetwork({ id: options.id, firstPort: await firstOpenPort(privileged) });
}
