/**
 * Starting a server on this host: everything its QEMU needs is made ready side by side, it is launched, what can only be
 * done to a process is done, and its vCPUs run. And the other way: clearing all that a server had here, which is named by
 * its uuid alone, so that it can be done for one whose start was cut off anywhere.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { allSettled } from "../../base/settled.ts";
import type { Attachment, Attachments, AttachRequest } from "../attachment.ts";
import type { GuestNetwork, Plug, VncListen } from "../guest-network.ts";
import type { Device, ServerSpec } from "../host.ts";
import { endProcess } from "../process/process.ts";
import type { CpuQuota } from "../quota/cpu-quota.ts";
import { kvmGroup } from "./accelerator.ts";
import { type Attendance, type Attended, attend } from "./attend.ts";
import { bootRom, laterDisks } from "./boot-rom.ts";
import { type Accelerator, commandLine, type Preparation } from "./command-line.ts";
import { deviceId, nodeName } from "./devices.ts";
import { awaitQmp, descriptorOf, type LaunchedProcess, launchError, startProcess } from "./launch.ts";
import {
  makeRunDirectory,
  type RunDirectory,
  removeRunDirectory,
  type ServerRecord,
  writeRecord,
} from "./run-directory.ts";
import type { Certificate } from "./vnc/certificate.ts";
import { certificateForVnc, linkCredentials, type TlsCredentials } from "./vnc/tls.ts";
import { openScreen } from "./vnc/vnc.ts";

/** What servers on this host are made of. */
export type Parts = {
  /** The home of the cloud: QEMU's working directory. */
  readonly home: string;
  /** The directory of all run directories. */
  readonly servers: string;
  /** QEMU's name or path. */
  readonly program: string;
  /** The uid that QEMU runs as, null for this user's own. */
  readonly uid: number | null;
  readonly accelerator: Accelerator;
  readonly network: GuestNetwork;
  readonly drives: Attachments;
  /** Null where the machine has no CPU quotas. */
  readonly quota: CpuQuota | null;
};

/** What is to be heard of a server while it runs. */
export type Ears = Pick<Attendance, "onState" | "onError">;

/** Starts the server; answers once its vCPUs run. Errors: `failed`, `full`, `busy`; the caller then clears it. */
export async function startServer(
  spec: ServerSpec,
  directory: RunDirectory,
  parts: Parts,
  ears: Ears,
): Promise<Attended> {
  let launched: LaunchedProcess | undefined;
  try {
    await makeRunDirectory(directory, parts.uid);
    const ready = await prepare(spec, parts);
    const record = recordOf(spec, ready);
    const screen = screenOf(spec, record);
    launched = await launch(spec, directory, parts, ready);
    const { identity, ended } = launched;
    const connect: Attendance["connect"] = (onEvent) => awaitQmp(directory, ended, onEvent);
    const [attended] = await allSettled([
      attend({
        record,
        directory,
        identity,
        disk: join(parts.home, "drives"),
        counters: null,
        connect,
        ...ears,
      }),
      writeRecord(directory, record),
      // The limit comes when it has launched, so that the launch of a slow server is not slow.
      parts.quota?.enter(spec.uuid, identity.pid),
      parts.network.admit(spec.uuid, spec.nics),
      screen === null ? null : parts.network.openVnc(spec.uuid, screen.address, screen.listen),
    ]);
    await allSettled([
      parts.quota?.limit(spec.uuid, spec.cpuMhz),
      screen === null ? null : openScreen(attended.qmp, screen.listen, screen.password),
    ]);
    await attended.begin();
    return attended;
  } catch (error) {
    if (launched !== undefined) await endProcess(launched.identity);
    throw await launchError(spec.uuid, directory, error);
  }
}

/** Removes all that the server had on this host, whose process is gone. What cannot be removed is told to `onError`. */
export async function clearServer(
  uuid: string,
  directory: RunDirectory,
  { network, quota, drives }: Parts,
  onError: (error: unknown) => void,
): Promise<void> {
  const work = [
    network.unplug(uuid),
    quota?.remove(uuid),
    drives.detach(uuid),
    removeRunDirectory(directory),
  ];
  for (const result of await Promise.allSettled(work)) {
    if (result.status === "rejected") onError(result.reason);
  }
}

type Ready = {
  readonly attachments: readonly Attachment[];
  readonly plugs: readonly Plug[];
  readonly listen: VncListen | null;
  /** The group by which QEMU may use KVM. */
  readonly group: number | null;
  /** For VNC over TLS; null where that is anonymous, or not spoken. */
  readonly certificate: Certificate | null;
};

async function prepare(spec: ServerSpec, parts: Parts): Promise<Ready> {
  const { uuid, vnc } = spec;
  const [attachments, plugs, listen, group, certificate] = await allSettled([
    allSettled(attachRequests(spec.devices).map((request) => parts.drives.attach(uuid, request))),
    allSettled(spec.nics.map((nic) => parts.network.plug(uuid, nic))),
    vnc === null ? null : parts.network.vncListen(uuid, vnc.address),
    parts.accelerator === "kvm" && parts.uid !== null ? kvmGroup() : null,
    vnc?.tls ? certificateForVnc(parts.home) : null,
  ]);
  return { attachments, plugs, listen, group, certificate };
}

/** One for each drive: at however many devices of the server it stands, it has one node. */
function attachRequests(devices: readonly Device[]): AttachRequest[] {
  const requests = new Map<string, AttachRequest>();
  for (const device of devices) {
    const { drive, shared, media } = device;
    const readOnly = media === "cdrom" && (requests.get(drive.uuid)?.readOnly ?? true);
    requests.set(drive.uuid, { drive, shared, readOnly, nodeName: nodeName(devices, device) });
  }
  return [...requests.values()];
}

function recordOf(spec: ServerSpec, { plugs, listen }: Ready): ServerRecord {
  return {
    uuid: spec.uuid,
    started: Math.floor(Date.now() / 1000),
    devices: spec.devices.map((device) => ({
      id: deviceId(device),
      drive: device.drive.uuid,
      node: nodeName(spec.devices, device),
      shared: device.shared,
    })),
    taps: plugs.flatMap(({ device }) => (device === null ? [] : [device])),
    vnc: spec.vnc === null || listen === null ? null : { address: spec.vnc.address, listen },
  };
}

/** The screen that is open from the start: a server without VNC has none, one without a password keeps it closed. */
function screenOf({ vnc }: ServerSpec, record: ServerRecord) {
  if (vnc === null || vnc.password === null || record.vnc === null) return null;
  return { ...record.vnc, password: vnc.password };
}

async function launch(
  spec: ServerSpec,
  directory: RunDirectory,
  parts: Parts,
  { attachments, plugs, group, certificate }: Ready,
): Promise<LaunchedProcess> {
  const secrets = attachments.flatMap(({ secret }) => (secret === null ? [] : [secret]));
  const pems = certificate === null ? [] : [certificate.chain, certificate.key];
  const prepared = {
    accelerator: parts.accelerator,
    blockdevs: attachments.map(({ blockdev }) => blockdev),
    secrets: secrets.map(({ id }, position) => ({ id, descriptor: descriptorOf(position) })),
    netdevs: plugs.map(({ netdev }) => netdev),
    bootRoms: await bootRoms(spec.devices, directory),
    tls: spec.vnc?.tls ? await tlsCredentials(directory, certificate, secrets.length) : null,
    sockets: directory.sockets,
  };
  return startProcess({
    directory,
    confinement: { uid: parts.uid, netns: parts.network.netns, group },
    home: parts.home,
    secrets: [...secrets.map(({ text }) => text), ...pems],
    commandLine: commandLine(spec, prepared, parts.program),
  });
}

function bootRoms(devices: readonly Device[], directory: RunDirectory): Promise<Preparation["bootRoms"]> {
  return Promise.all(
    laterDisks(devices).map(async (disk) => {
      const file = directory.bootRom(disk.number);
      await writeFile(file, bootRom(disk), { mode: 0o644 });
      return { file, bootIndex: disk.bootIndex };
    }),
  );
}

/** The certificate's two texts are inherited behind the drives' secrets. */
async function tlsCredentials(
  { tls }: RunDirectory,
  certificate: Certificate | null,
  before: number,
): Promise<TlsCredentials> {
  if (certificate === null) return { kind: "anonymous" };
  return linkCredentials(tls, descriptorOf(before), descriptorOf(before + 1));
}
