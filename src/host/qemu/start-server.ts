/**
 * Starting a server on this host: everything its QEMU needs is made ready side by side, its record is written, it is
 * launched, what can only be done to a process is done, and its vCPUs run. Undone by whoever starts it, by the server's
 * uuid alone (`Clearing`).
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Certificate } from "../../base/certificate.ts";
import { allSettled } from "../../base/settled.ts";
import type { Attachment, Attachments, AttachRequest, Exporter } from "../attachment.ts";
import type { HostLog } from "../events-log.ts";
import type { GuestNetwork, Plug, VncListen } from "../guest-network.ts";
import type { Device, Generation, RunDescription, ServerSpec } from "../host.ts";
import { LAUNCHED } from "../process/launcher.ts";
import { endProcess, type ProcessIdentity } from "../process/process.ts";
import { programPath } from "../process/programs.ts";
import type { Sandboxer, View } from "../process/sandbox.ts";
import type { Bounds } from "../quota/bounds.ts";
import type { CpuQuota } from "../quota/cpu-quota.ts";
import { kvmGroup } from "./accelerator.ts";
import { bootRom, laterDisks } from "./boot-rom.ts";
import { boundOf } from "./bound-of.ts";
import { type Accelerator, commandLine, type Preparation } from "./command-line.ts";
import { deviceId, nodeName, seedBlockdev } from "./devices.ts";
import { awaitQmp, descriptorOf, type Launch, type LaunchedProcess, startProcess } from "./launch.ts";
import type { Berth, Launchers } from "./launchers.ts";
import { Monitor, type MonitorOptions } from "./monitor.ts";
import type { ServerRecord } from "./record.ts";
import {
  connectTo,
  makeRunDirectory,
  type RunDirectory,
  sealSockets,
  writeCounters,
  writeRecord,
} from "./run-directory.ts";
import { makeSeedCd } from "./seed-cd.ts";
import type { SerialPorts } from "./serial/ports.ts";
import type { Uids } from "./uids.ts";
import { certificateForVnc, linkCredentials, type TlsCredentials } from "./vnc/tls.ts";
import { openScreen } from "./vnc/vnc.ts";

/** What servers on this host are made of. */
export type Dependencies = {
  /** The home of the cloud, to which the names of drives' files are relative. */
  readonly home: string;
  /** QEMU's name or path. */
  readonly program: string;
  readonly sandboxer: Sandboxer;
  /** The uids that servers are given, null where all run as this user. */
  readonly uids: Uids | null;
  /** What QEMU sees of the machine besides its libraries and firmware; absent: nothing. */
  readonly sees?: Pick<View, "reads" | "writes">;
  readonly accelerator: Accelerator;
  readonly network: GuestNetwork;
  readonly attachments: Attachments;
  /** Null where the machine has no CPU quotas. */
  readonly quota: CpuQuota | null;
  /** Bounds of memory and processes; absent: none are set. */
  readonly bounds?: Bounds;
  /** Those that QEMUs on bridges come of, null where there are no bridges. */
  readonly launchers: Launchers | null;
  readonly serial: SerialPorts;
  readonly log: HostLog;
};

/** A start, and those who are to hear of it. */
export type Start = {
  readonly spec: ServerSpec;
  readonly generation: Generation;
  readonly directory: RunDirectory;
  /** Gives the start up, and kills its process where there is one. */
  readonly signal: AbortSignal;
  /** No process is started before this. */
  readonly fenced: Promise<void>;
  readonly exporterOf: (drive: string) => Exporter;
  readonly onSpawned: (record: ServerRecord, launched: LaunchedProcess) => void;
  readonly onChange: () => void;
};

/** Starts the server; answers once its vCPUs run. Errors: `failed`, `full`, `busy`; the signal's; QEMU's. */
export async function startServer(start: Start, dependencies: Dependencies): Promise<Monitor> {
  const { directory, signal } = start;
  const { record, launched, isJoined } = await launchServer(start, dependencies);
  const { identity, ended, forgetSecrets } = launched;
  // One that does not end is found, and ended again, when the launch is undone.
  signal.addEventListener("abort", () => void endProcess(identity).catch(() => {}));
  start.onSpawned(record, launched);
  signal.throwIfAborted();
  const { home, network, log } = dependencies;
  const monitor = monitorOf(record, identity, directory, {
    ...{ home, network, log },
    ...{ onChange: start.onChange, counters: null },
  });
  try {
    await equip(monitor, start, dependencies, { ended, isJoined });
    // It has opened its drives: nothing that it still has open may hold what opens them.
    await forgetSecrets();
    await monitor.begin();
    return monitor;
  } catch (error) {
    monitor.leave();
    throw error;
  }
}

/** Makes all ready, and launches it: on bridges by a launcher. */
async function launchServer(start: Start, dependencies: Dependencies) {
  const { spec, directory } = start;
  const { launchers } = dependencies;
  const uid = dependencies.uids?.take(spec.uuid) ?? null;
  const berth = (await launchers?.take(spec.vnc !== null)) ?? null;
  try {
    const made = makeRunDirectory(directory, uid);
    const [, ready] = await allSettled([
      made,
      prepare(start, { uid, berth }, dependencies, made),
      start.fenced,
    ]);
    const record = recordOf(start, ready);
    const launched = await launch(start, record, dependencies, { ...ready, uid, berth });
    return { record, launched, isJoined: berth?.listen != null };
  } catch (error) {
    if (berth !== null) await launchers?.discard(berth);
    throw error;
  }
}

/** The monitor of a server's process, which is still to be opened. */
export function monitorOf(
  record: ServerRecord,
  identity: ProcessIdentity,
  directory: RunDirectory,
  options: Pick<MonitorOptions, "onChange" | "counters" | "log"> & Pick<Dependencies, "home" | "network">,
): Monitor {
  const { home, network, onChange, counters, log } = options;
  return new Monitor({
    ...{ record, identity, directory, onChange, counters, log },
    ...{ connect: connectTo(record.uuid, directory), disk: join(home, "drives"), netDev: network.devices },
  });
}

/** Does what can only be done once there is a process, and before its vCPUs run. */
async function equip(
  monitor: Monitor,
  { spec, directory, signal }: Start,
  { quota, bounds, network, accelerator, serial }: Dependencies,
  { ended, isJoined }: { readonly ended: Promise<unknown>; readonly isJoined: boolean },
): Promise<void> {
  const { uuid, cpuMhz, nics } = spec;
  const { vnc } = monitor.record;
  const screen = screenOf(spec, monitor.record);
  const opened = monitor.open((onEvent) => awaitQmp(uuid, directory, ended, signal, onEvent));
  const joined = vnc === null || isJoined ? null : network.joinScreen(vnc.listen, monitor.identity.pid);
  const led = screen === null ? null : network.openVnc(uuid, screen.address, screen.listen);
  const grouped = quota?.enter(uuid, monitor.identity.pid);
  await allSettled([
    ...[opened, joined, led, network.admit(uuid, nics), grouped],
    Promise.all([opened, joined, led]).then(
      () => screen && openScreen(monitor, screen.listen, screen.password),
    ),
    opened.then(() => monitor.beginExports()).then(() => sealSockets(directory)),
    // Before its guest says a word.
    opened.then(() => serial.hold(uuid, directory.sockets.serial, true)),
    // The limit comes when it has launched, so that the launch of a slow server is not slow.
    Promise.all([opened, grouped]).then(() => quota?.limit(uuid, cpuMhz)),
    bounds?.enter(uuid, monitor.identity.pid, boundOf(spec, accelerator)),
  ]);
  // From now on it counts as one that ran.
  await writeCounters(directory, monitor.meter.last);
  signal.throwIfAborted();
}

type Ready = {
  readonly attachments: readonly Attachment[];
  readonly plugs: readonly Plug[];
  readonly listen: VncListen | null;
  /** The group by which QEMU may use KVM. */
  readonly group: number | null;
  /** For VNC over TLS; null where that is anonymous, or not spoken. */
  readonly certificate: Certificate | null;
  /** The CD of its seed, null where it has none. */
  readonly seedCd: Buffer | null;
};

/** Who is to become its QEMU: the uid, and the launcher on bridges. */
type Who = { readonly uid: number | null; readonly berth: Berth | null };

async function prepare(
  { spec, directory, exporterOf, signal }: Start,
  { uid, berth }: Who,
  dependencies: Dependencies,
  made: Promise<void>,
): Promise<Ready> {
  const { uuid, vnc, seed } = spec;
  const { network, accelerator, home, sandboxer } = dependencies;
  const attach = (request: AttachRequest) =>
    dependencies.attachments.attach(uuid, request, exporterOf(request.volume.uuid));
  const [attachments, plugs, listen, group, certificate, seedCd] = await allSettled([
    allSettled(attachRequests(spec.devices).map(attach)),
    allSettled(spec.nics.map((nic) => network.plug(uuid, nic, uid))),
    vnc === null ? null : network.vncListen(uuid, vnc.address, berth?.listen),
    accelerator === "kvm" && uid !== null ? kvmGroup() : null,
    vnc?.tls ? certificateForVnc(home) : null,
    seed === undefined
      ? null
      : made.then(() => makeSeedCd(seed, { folder: directory.seed, sandboxer, uid, signal })),
  ]);
  return { attachments, plugs, listen, group, certificate, seedCd };
}

/** One for each drive: at however many devices of the server it stands, it has one node. */
function attachRequests(devices: readonly Device[]): AttachRequest[] {
  const requests = new Map<string, AttachRequest>();
  for (const device of devices) {
    const { volume, shared, media } = device;
    const readOnly = media === "cdrom" && (requests.get(volume.uuid)?.readOnly ?? true);
    const filename = requests.get(volume.uuid)?.filename ?? `/dev/fdset/${requests.size}`;
    requests.set(volume.uuid, { volume, shared, readOnly, filename, nodeName: nodeName(devices, device) });
  }
  return [...requests.values()];
}

function recordOf({ spec, generation }: Start, { plugs, listen }: Ready): ServerRecord {
  return {
    ...{ uuid: spec.uuid, generation, started: Math.floor(Date.now() / 1000) },
    devices: spec.devices.map((device) => ({
      ...{ key: device.key, id: deviceId(device), node: nodeName(spec.devices, device) },
      ...{ drive: device.volume.uuid, shared: device.shared },
    })),
    taps: plugs.flatMap(({ device }) => (device === null ? [] : [device])),
    vnc: spec.vnc === null || listen === null ? null : { address: spec.vnc.address, listen },
    description: descriptionOf(spec),
  };
}

/** Without secrets: no drive's, and no password. */
function descriptionOf({
  name,
  cpuMhz,
  memMib,
  cores,
  sockets,
  nics,
  devices,
  vnc,
}: ServerSpec): RunDescription {
  return {
    ...{ name, cpuMhz, memMib, cores, sockets, nics },
    devices: devices.map(({ key, media, shared, bootIndex, volume }) => ({
      ...{ key, media, shared, bootIndex, drive: volume.uuid },
    })),
    vnc: vnc === null ? null : { address: vnc.address, tls: vnc.tls },
  };
}

/** The screen that is open from the start: a server without VNC has none, one without a password keeps it closed. */
function screenOf({ vnc }: ServerSpec, record: ServerRecord) {
  if (vnc === null || vnc.password === null || record.vnc === null) return null;
  return { ...record.vnc, password: vnc.password };
}

/** Writes the record, and starts the process: in this order, so that there is no process without one. */
async function launch(
  { spec, directory, signal }: Start,
  record: ServerRecord,
  dependencies: Dependencies,
  ready: Ready & Who,
): Promise<LaunchedProcess> {
  const { accelerator, home, sandboxer } = dependencies;
  const { attachments, plugs, certificate, seedCd, berth } = ready;
  const launcher = berth?.launcher ?? null;
  const secrets = attachments.flatMap(({ secret }) => (secret === null ? [] : [secret]));
  const pems = certificate === null ? [] : [certificate.chain, certificate.key];
  const texts = [...secrets.map(({ text }) => text), ...pems];
  const [roms, tls] = await allSettled([
    bootRoms(spec.devices, directory),
    spec.vnc?.tls
      ? tlsCredentials(directory, certificate, (position) =>
          descriptorOf(launcher, secrets.length + position),
        )
      : null,
    writeRecord(directory, record),
  ]);
  const files = [
    ...attachments.flatMap(({ file }, set) =>
      file === null ? [] : [{ set, file: { path: join(home, file.path), readOnly: file.readOnly } }],
    ),
    ...(seedCd === null ? [] : [{ set: attachments.length, file: { bytes: seedCd } }]),
  ];
  const prepared = {
    ...{ accelerator, tls, bootRoms: roms, sockets: directory.sockets },
    blockdevs: [
      ...attachments.map(({ blockdev }) => blockdev),
      ...(seedCd === null ? [] : [seedBlockdev(`/dev/fdset/${attachments.length}`)]),
    ],
    secrets: secrets.map(({ id }, position) => ({ id, descriptor: descriptorOf(launcher, position) })),
    files: files.map(({ set }, position) => ({
      ...{ set, descriptor: descriptorOf(launcher, texts.length + position) },
    })),
    netdevs: plugs.map((plug) => netdevOf(plug, record.taps)),
  };
  const launch = {
    ...{ directory, sandboxer, secrets: texts, launcher, taps: record.taps },
    sandbox: sandboxOf(directory, dependencies, ready),
    files: files.map(({ file }) => file),
    commandLine: commandLine(spec, prepared, programPath(dependencies.program)),
  };
  return startProcess(launch, signal);
}

/** The value of `-netdev`, which names its tap by the descriptor that QEMU inherits. */
function netdevOf({ netdev, device }: Plug, taps: readonly string[]): Plug["netdev"] {
  return device === null ? netdev : { ...netdev, fd: String(LAUNCHED.taps + taps.indexOf(device)) };
}

/** Of firmware, Debian has a part in folders of its own; for names, QEMU's own network asks the machine's resolvers. */
const FIRMWARE = ["/usr/share/qemu", "/usr/share/seabios"];
const RESOLVERS = "/etc/resolv.conf";
/** The least that the longest file may be: files that are no drives', such as those in its /tmp. */
const LEAST_FILE_BYTES = 16 * 2 ** 20;

function sandboxOf(
  { path, socketFolder }: RunDirectory,
  { accelerator, network, sees = {} }: Dependencies,
  { attachments, group, uid }: Ready & Who,
): Launch["sandbox"] {
  const shown = attachments.flatMap((each) => (each.shown === null ? [] : [each.shown]));
  const limits = attachments.map(({ file }) => file?.limitBytes ?? 0);
  return {
    // It listens for viewers, and is its guest's network where there is no other.
    sockets: "ip" as const,
    ...{ uid, group, fileBytes: Math.max(LEAST_FILE_BYTES, ...limits) },
    view: {
      reads: [
        ...FIRMWARE,
        ...(network.netns === null ? [RESOLVERS] : []),
        path,
        ...new Set(shown),
        ...(sees.reads ?? []),
      ],
      writes: [socketFolder, ...(sees.writes ?? [])],
      devices: accelerator === "kvm" ? ["/dev/kvm"] : [],
    },
  };
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
  at: (position: number) => number,
): Promise<TlsCredentials> {
  if (certificate === null) return { kind: "anonymous" };
  return linkCredentials(tls, at(0), at(1));
}
