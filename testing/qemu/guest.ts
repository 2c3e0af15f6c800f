/** A guest of a few bytes that does as it is told on the serial port, and a host for it; for tests. */
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Attachments, Exporter } from "../../src/host/attachment.ts";
import { ChangeLog } from "../../src/host/changes.ts";
import type { HostEvent } from "../../src/host/events-log.ts";
import type { GuestNetwork } from "../../src/host/guest-network.ts";
import type { Instance, ServerSpec, Volume } from "../../src/host/host.ts";
import type { ProcessIdentity } from "../../src/host/process/process.ts";
import { findSandboxer } from "../../src/host/process/sandbox.ts";
import { bootDisk } from "../../src/host/qemu/boot-sector.ts";
import { serverProcesses } from "../../src/host/qemu/find-servers.ts";
import { runDirectory } from "../../src/host/qemu/run-directory.ts";
import {
  openServerHost,
  type QemuServerHost,
  type ServerHostOptions,
} from "../../src/host/qemu/server-host.ts";
import { openUids, type UidRange } from "../../src/host/qemu/uids.ts";

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
  /** The uids that its servers are given, one after the other; null where all run as this user. */
  readonly uids: UidRange | null;
  /** The directory of all run directories. */
  readonly servers: string;
  /** A folder that what is launched in QEMU's place may write to. */
  readonly marks: string;
  /** A host on this machine; a second one finds what the first has left. */
  open(options?: Partial<ServerHostOptions>): Promise<QemuServerHost>;
  /** Ends all servers, lets go of all hosts and removes their files. */
  close(): Promise<void>;
  /** What the server is once that passes; null where there is no run of it. Told by changes alone. */
  when(uuid: string, passes: (instance: Instance | null) => boolean): Promise<Instance | null>;
  /** Where whoever attached the drive was to read it. */
  exporterOf(drive: string): Exporter | undefined;
  /** What the hosts logged. */
  readonly events: readonly HostEvent[];
  /** The process of the server, and whether it has a run directory. */
  traces(uuid: string): Promise<{ process: ProcessIdentity | null; directory: boolean }>;
};

/** Until something has to have happened, on the slowest machine. */
const PATIENCE_MS = 60_000;

/** Hosts with drives of raw files and no network but VNC on a loopback address; each under a uid of its own where possible. */
export async function testHost(): Promise<TestHost> {
  const home = await mkdtemp(join(tmpdir(), "lodge-qemu-"));
  await chmod(home, 0o711);
  await mkdir(join(home, "drives"), { mode: 0o711 });
  const marks = join(home, "marks");
  await mkdir(marks);
  await chmod(marks, 0o777);
  const servers = serversOf(home);
  const sandboxer = await findSandboxer();
  const events: HostEvent[] = [];
  const changes = new ChangeLog();
  const exporters = new Map<string, Exporter>();
  const hosts: QemuServerHost[] = [];
  return {
    ...{ home, marks, uids: TEST_UIDS, servers, events, exporterOf: (drive) => exporters.get(drive) },
    async open(options = {}) {
      const host = await openServerHost({
        ...{ home, runDir: home, program: "qemu-system-x86_64", sandboxer },
        uids: TEST_UIDS === null ? null : await openUids(servers, TEST_UIDS),
        ...{ accelerator: "tcg", network: LOOPBACK, attachments: rawFiles(exporters), quota: null },
        // What is launched in QEMU's place may be a script.
        sees: options.program === undefined ? {} : { reads: ["/usr/bin"], writes: [marks] },
        ...{ onChange: (uuid) => changes.note(uuid), log: (event) => events.push(event), ...options },
      });
      hosts.push(host);
      return host;
    },
    async when(uuid, passes) {
      const host = hosts.at(-1);
      const signal = AbortSignal.timeout(PATIENCE_MS);
      for (let { cursor } = await changes.since(null, signal); ; ) {
        const instance = (await host?.find(uuid)) ?? null;
        if (passes(instance)) return instance;
        cursor = (await changes.since(cursor, signal)).cursor;
      }
    },
    async traces(uuid) {
      return {
        process: (await serverProcesses(servers, null)).get(uuid) ?? null,
        directory: (await readdir(servers)).includes(uuid),
      };
    },
    async close() {
      const last = hosts.at(-1);
      for (const { uuid } of (await last?.list()) ?? []) if (last !== undefined) await finish(last, uuid);
      for (const host of hosts) host.close();
      await rm(home, { recursive: true });
    },
  };
}

const serversOf = (home: string) => join(home, "servers");

/** Tests in several processes go on at once. */
const FIRST_UID = 3_000_000 + (process.pid % 20_000) * 100;
const TEST_UIDS = process.getuid?.() === 0 ? { first: FIRST_UID, last: FIRST_UID + 99 } : null;

/** A drive that holds the guest, in a file at its host. */
export async function guestDrive(home: string, uuid: string): Promise<Volume> {
  const path = join(home, "drives", `${uuid}.raw`);
  await writeFile(path, GUEST, { mode: 0o600 });
  return { uuid, format: "raw", sizeBytes: GUEST.length, cipher: "none", secret: null, backing: null };
}

/** A server that boots from the volume. */
export function guestSpec(uuid: string, volume: Volume): ServerSpec {
  const place = { key: "ide:0:0", bus: "ide", busIndex: 0, unit: 0, media: "disk" } as const;
  return {
    ...{ uuid, name: `it's "${uuid}", file=x`, cpuMhz: 500, memMib: 32, cores: 1, sockets: 1, nics: [] },
    devices: [{ ...place, volume, shared: false, bootIndex: 0 }],
    vnc: null,
  };
}

/** Ends the server, and forgets it. */
export async function finish(host: QemuServerHost, uuid: string): Promise<void> {
  const generation = (await host.find(uuid))?.generation ?? 0;
  await host.end(uuid, generation);
  await host.release(uuid, generation);
}

/** The guest's serial port, with what it said before. */
export async function serialPort(host: QemuServerHost, uuid: string): Promise<Duplex> {
  const { history, bytes } = await host.serial(uuid);
  if (history.length > 0) bytes.unshift(history);
  return bytes;
}

/** QEMU's end of it, while no daemon is there to have it. What was said before is lost. */
export async function bareSerialPort(home: string, uuid: string): Promise<Socket> {
  const socket = connect(runDirectory(serversOf(home), uuid).sockets.serial);
  // The server's end is the port's, whatever is still under way.
  socket.on("error", () => socket.destroy());
  await once(socket, "connect");
  return socket;
}

const rawFiles = (exporters: Map<string, Exporter>): Attachments => ({
  async attach(_server, { volume, readOnly, nodeName, filename }, exporter) {
    exporters.set(volume.uuid, exporter);
    return {
      blockdev: {
        ...{ driver: "raw", "node-name": nodeName, "read-only": readOnly },
        file: { driver: "file", filename },
      },
      file: { path: `drives/${volume.uuid}.raw`, readOnly, limitBytes: volume.sizeBytes },
      shown: null,
      secret: volume.secret === null ? null : { id: `secret-${nodeName}`, text: volume.secret },
    };
  },
  adopt(_server, drives) {
    for (const { drive, exporter } of drives) exporters.set(drive, exporter);
  },
  share: async () => {},
  detach() {},
});

const nothing = async () => {};

export const LOOPBACK: GuestNetwork = {
  ...{ kind: "user", netns: null, devices: null },
  ...{ addresses: { first: "127.9.0.1", last: "127.9.0.254" }, staticAddresses: null },
  plug: async () => ({ netdev: { type: "user" }, device: null }),
  vncListen: async (_server, address) => ({ address, port: 5900 }),
  reserveScreen: () => ({ address: "127.0.0.1", port: 5900 }),
  ...{
    admit: nothing,
    unplug: nothing,
    joinScreen: nothing,
    releaseScreen: nothing,
    openVnc: nothing,
    closeVnc: nothing,
  },
  ...{ uplinkCounts: async () => new Map(), lastUplinkCount: async () => null },
  ...{ reconcile: nothing, close: nothing, figures: { repairs: 0, outOfOrder: [] } },
};
