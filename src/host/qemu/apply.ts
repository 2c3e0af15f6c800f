/** Bringing a server that runs to what its specification says, as far as that may change while it runs. */
import { allSettled } from "../../base/settled.ts";
import type { ServerSpec, Volume } from "../host.ts";
import type { Monitor } from "./monitor.ts";
import type { Dependencies } from "./start-server.ts";
import { closeScreen, openScreen } from "./vnc/vnc.ts";

/** Each part by itself, so that none is left out since another fails. May be repeated. Errors: of one that failed. */
export async function applySpec(
  spec: ServerSpec,
  monitor: Monitor,
  { quota, network, attachments }: Pick<Dependencies, "quota" | "network" | "attachments">,
): Promise<void> {
  const { uuid, cpuMhz } = spec;

  async function limit(): Promise<void> {
    // It may have been launched when the machine had no quotas.
    await quota?.enter(uuid, monitor.identity.pid);
    await quota?.limit(uuid, cpuMhz);
  }

  async function screen(): Promise<void> {
    if (monitor.record.vnc === null || spec.vnc === null) return;
    const { address, listen } = monitor.record.vnc;
    const { password } = spec.vnc;
    if (password === null) await allSettled([network.closeVnc(uuid), closeScreen(monitor)]);
    else await allSettled([openScreen(monitor, listen, password), network.openVnc(uuid, address, listen)]);
  }

  const share = (volume: Volume) => attachments.share(uuid, volume);
  const shared = new Map(
    spec.devices.flatMap(({ shared, volume }) => (shared ? [[volume.uuid, volume]] : [])),
  );
  await allSettled([limit(), screen(), ...[...shared.values()].map(share)]);
}
