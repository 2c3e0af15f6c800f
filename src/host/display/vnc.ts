/**
 * A server's screen over VNC, opened and closed while it runs (spec: vnc:password, "If unset, VNC is disabled"). A closed
 * one is not merely locked: its QEMU listens nowhere. QEMU is launched with `-vnc none,password=on`.
 */
import { randomBytes } from "node:crypto";
import type { VncListen } from "../network/network.ts";
import type { Qmp } from "../qemu/qmp.ts";

/**
 * Sets or changes the password, and sees that QEMU listens at `listen`. Sessions that are open go on. VNC's own
 * authentication knows no more than 8 characters (RFC 6143, 7.2.2).
 *
 * Errors: QmpError, when something else listens there.
 */
export async function openScreen(qmp: Qmp, listen: VncListen, password: string): Promise<void> {
  await qmp.execute("set_password", { protocol: "vnc", password });
  const { host, service } = await qmp.execute<{ host?: string; service?: string }>("query-vnc");
  if (host === listen.address && service === String(listen.port)) return;
  const address = { type: "inet", host: listen.address, port: String(listen.port) };
  await qmp.execute("display-update", { type: "vnc", addresses: [address] });
}

/** Stops listening. Who has connected but not yet said the password finds it replaced by one that nobody knows. */
export async function closeScreen(qmp: Qmp): Promise<void> {
  await qmp.execute("display-update", { type: "vnc", addresses: [] });
  await qmp.execute("set_password", { protocol: "vnc", password: randomBytes(6).toString("base64") });
}
