/** A guest of a few bytes that does as it is told on the serial port, and a host for it; for tests. */
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Attachments } from "../../src/host/attachment.ts";
import type { GuestNetwork } from "../../src/host/guest-network.ts";
import type { DriveImage, ServerEvent, ServerHost, ServerSpec } from "../../src/host/host.ts";
import { bootDisk } from "../../src/host/qemu/boot-sector.ts";
import { runDirectory } from "../../src/host/qemu/run-directory.ts";
import { openServerHost, type QemuServerHost } from "../../src/host/qemu/server-host.ts";

/**
 * Says `R` on the first serial port when it has booted, and sleeps. Powers itself off when it is sent `q` there, or when
 * the ACPI power button is pressed (the machine's power management is at port 600); panics when it is sent `p`.
 */
const GUEST = bootDisk([
  ...[0xba, 0x02, 0x06, 0xb8, 0x00, 0x01, 0xef], // mov dx,602; mov ax,100; out dx,ax (the button is to be told of)
  ...[0xba, 0xf8, 0x03, 0xb0, 0x52, 0xee], //       mov dx,3f8; mov al,'R'; out dx,al
  ...[0xfb, 0xf4], //                         sleep: sti; hlt
  ...[0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01], //       mov dx,3fd; in al,dx; test al,1
  ...[0x74, 0x0c], //                               jz button
  ...[0xba, 0xf8, 0x03, 0xec], //                   mov dx,3f8; in al,dx
  ...[0x3c, 0x71, 0x74, 0x0d], //                   cmp al,'q'; je off
  ...[0x3c, 0x70, 0x74, 0x14], //                   cmp al,'p'; je panic
  ...[0xba, 0x00, 0x06, 0xed], //            button: mov dx,600; in ax,dx
  ...[0xf6, 0xc4, 0x01, 0x74, 0xe1], //             test ah,1; jz sleep
  ...[0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef], // off: mov dx,604; mov ax,2000; out dx,ax
  ...[0xfa, 0xf4, 0xeb, 0xfd], //                   cli; hlt
  ...[0xba, 0x05, 0x05, 0xb0, 0x01, 0xee], // panic: mov dx,505; mov al,1; out dx,al
  ...[0xfa, 0xf4, 0xeb, 0xfd], //                   cli; hlt
]);

export type TestHost = {
  readonly home: string;
  /** A host on this machine; a second one finds what the first has left. */
  open(): Promise<QemuServerHost>;
  /** Ends all servers, lets go of all hosts and removes their files. */
  close(): Promise<void>;
  /** What went wrong where nobody waited for it. */
  readonly errors: readonly unknown[];
};

/** Hosts with drives of raw files and no network but VNC on a loopback address; under a uid of their own where possible. */
export async function testHost(): Promise<TestHost> {
  const home = await mkdtemp(join(tmpdir(), "lodge-qemu-"));
  await chmod(home, 0o711);
  await mkdir(join(home, "drives"), { mode: 0o711 });
  const errors: unknown[] = [];
  const hosts: QemuServerHost[] = [];
  return {
    home,
    errors,
    async open() {
      const host = await openServerHost({
        ...{ home, servers: serversOf(home), program: "qemu-system-x86_64", uid: TEST_UID },
        ...{ accelerator: "tcg", network: LOOPBACK, drives: RAW_FILES, quota: null },
        onError: (error) => errors.push(error),
      });
      hosts.push(host);
      return host;
    },
    async close() {
      const last = hosts.at(-1);
      for (const { uuid } of last?.running() ?? []) await last?.kill(uuid);
      for (const host of hosts) host.close();
      await rm(home, { recursive: true });
    },
  };
}

const serversOf = (home: string) => join(home, "servers");

const TEST_UID = process.getuid?.() === 0 ? 61_000 + (process.pid % 4_000) : null;

/** The file of a drive that holds the guest, at its host. */
export async function guestDrive(home: string, uuid: string): Promise<DriveImage> {
  const path = join(home, "drives", `${uuid}.raw`);
  await writeFile(path, GUEST, { mode: 0o600 });
  if (TEST_UID !== null) await chown(path, TEST_UID, TEST_UID);
  return { uuid, sizeBytes: GUEST.length, cipher: "none", secret: null };
}

/** A server that boots from the drive. */
export function guestSpec(uuid: string, drive: DriveImage): ServerSpec {
  return {
    ...{ uuid, name: `it's "${uuid}", file=x`, cpuMhz: 500, memMib: 32, cores: 1, sockets: 1, nics: [] },
    devices: [{ bus: "ide", busIndex: 0, unit: 0, media: "disk", drive, shared: false, bootIndex: 0 }],
    vnc: null,
  };
}

/** The guest's serial port. QEMU holds back nothing for who comes later: what was said before is lost. */
export async function serialPort(home: string, uuid: string): Promise<Socket> {
  const socket = connect(runDirectory(serversOf(home), uuid).sockets.serial);
  // The server's end is the port's, whatever is still under way.
  socket.on("error", () => socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** The next event that passes. */
export function nextEvent(
  host: ServerHost,
  passes: (event: ServerEvent) => boolean = () => true,
): Promise<ServerEvent> {
  return new Promise((resolve) => {
    const unsubscribe = host.observe((event) => {
      if (!passes(event)) return;
      unsubscribe();
      resolve(event);
    });
  });
}

const RAW_FILES: Attachments = {
  attach: async (_server, { drive, readOnly, nodeName }) => ({
    blockdev: {
      ...{ driver: "raw", "node-name": nodeName, "read-only": readOnly },
      file: { driver: "file", filename: `drives/${drive.uuid}.raw` },
    },
    secret: drive.secret === null ? null : { id: `secret-${nodeName}`, text: drive.secret },
  }),
  resume: async () => {},
  detach: async () => {},
};

const nothing = async () => {};

const LOOPBACK: GuestNetwork = {
  ...{ kind: "user", netns: null },
  ...{ addresses: { first: "127.9.0.1", last: "127.9.0.254" }, staticAddresses: null },
  plug: async () => ({ netdev: { type: "user" }, device: null }),
  vncListen: async (_server, address) => ({ address, port: 5900 }),
  ...{ admit: nothing, unplug: nothing, openVnc: nothing, closeVnc: nothing },
  ...{ reconcile: nothing, close: nothing },
};
