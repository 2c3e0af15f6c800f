/**
 * A server's screen over VNC, opened and closed while it runs (spec: vnc:password, "If unset, VNC is disabled"). A closed
 * one is not merely locked: its QEMU listens nowhere. QEMU is launched with `-vnc none,password=on`.
 */
import { randomBytes } from "node:crypto";
import type { VncListen } from "../../guest-network.ts";
import type { Qmp } from "../../wire/qmp.ts";

type Speaker = Pick<Qmp, "execute">;

/**
 * Sets or changes the password, and lets QEMU listen at `listen` (anew where it does already). Sessions that are open go
 * on. VNC's own authentication knows no more than 8 characters (RFC 6143, 7.2.2).
 *
 * Errors: QmpError, when something else listens there.
 */
export async function openScreen(
  qmp: Speaker,
  { address, port }: VncListen,
  password: string,
): Promise<void> {
  const addresses = [{ type: "inet", host: address, port: String(port) }];
  await Promise.all([
    qmp.execute("set_password", { protocol: "vnc", password }),
    qmp.execute("display-update", { type: "vnc", addresses }),
  ]);
}

/** Stops listening; sessions that are open are the network's to cut. Who has connected but not yet said the password finds it replaced by one that nobody knows. */
export async function closeScreen(qmp: Speaker): Promise<void> {
  await Promise.all([
    qmp.execute("display-update", { type: "vnc", addresses: [] }),
    qmp.execute("set_password", { protocol: "vnc", password: randomBytes(6).toString("base64") }),
  ]);
}
