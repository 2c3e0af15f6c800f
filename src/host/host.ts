/**
 * The host: what a machine does for the cloud, as an interface. Everything here is idempotent and named by the
 * object's uuid, so that it can be repeated after a crash at any point. A host knows no users, no SQL and no HTTP.
 */

export type Cipher = "none" | "aes-xts-plain";

/** What a host needs to know to open a drive. */
export type DriveImage = {
  readonly uuid: string;
  /** The size that the user sees, to the byte; what lies under it may be rounded up. */
  readonly sizeBytes: number;
  readonly cipher: Cipher;
  /** The drive's own secret (text; unwrapped), null with cipher `none`. */
  readonly secret: string | null;
  /**
   * The SHA-256 of a content that never changes, as a standard image's: it is opened for reading alone, by any number
   * at once. Absent for a drive that is written.
   */
  readonly sealed?: string;
};

/** Cumulative I/O of a drive or a device. */
export type IoCounters = {
  readonly readBytes: number;
  readonly readRequests: number;
  readonly writeBytes: number;
  readonly writeRequests: number;
};

/** What becomes of a drive's bytes on their way to another: packed into a gzip stream, or unpacked from one. */
export type Conversion = "gzip" | "gunzip";

/** A drive that is to hold what another holds. */
export type Imaging = {
  readonly source: DriveImage;
  readonly target: DriveImage;
  /** Null where bytes are copied as they are. */
  readonly conversion: Conversion | null;
  /** Told the part of the source that is through, from 0 to 1; it begins anew when the imaging does. */
  onProgress(part: number): void;
  /** Ends the imaging; nothing of it is left then but an empty target. */
  readonly signal: AbortSignal;
};

/** Drives on this host. */
export interface DriveHost {
  /** Makes the drive's file, reading as zeroes. Does nothing when it is already there. Errors: `full`. */
  create(drive: DriveImage): Promise<void>;
  /** Grows or shrinks; what is new reads as zeroes. `drive` bears the old size. Errors: `full`. */
  resize(drive: DriveImage, sizeBytes: number): Promise<void>;
  /** Removes the drive's file; does nothing when there is none. */
  destroy(uuid: string): Promise<void>;
  /**
   * Reads `length` bytes at `offset`; the caller keeps it within `sizeBytes`. A drive that a running server holds is
   * read through that server's QEMU.
   */
  read(drive: DriveImage, offset: number, length: number): Promise<Buffer>;
  /**
   * Writes the bytes at `offset` and answers their number once they are on stable storage. Held in memory only within
   * a bound; the chunks are taken over, and may be empty afterwards. A write that would pass the end is `full` and, where `lengthBytes` was known beforehand, changes nothing.
   */
  write(
    drive: DriveImage,
    offset: number,
    bytes: AsyncIterable<Uint8Array>,
    lengthBytes?: number,
  ): Promise<number>;
  /**
   * Makes the target hold what the source holds, or what that converts to, and zeroes behind; answers once it is on
   * stable storage. Until then, and when it fails, the target reads as zeroes. A source that a running server holds is
   * read through that server's QEMU. Whatever is lost on the way (a process, the server), it begins anew.
   *
   * Errors: `usage` for a source that holds no whole gzip stream, `full`, `failed`; any once the signal has aborted.
   */
  image(imaging: Imaging): Promise<void>;
  /** The uuids of all drives whose files are here. */
  present(): Promise<string[]>;
  /** Room on the disk: what is free, and what the drives' files take now. */
  space(): Promise<{ freeBytes: number; allocatedBytes: number }>;
}

export type Device = {
  readonly bus: "ide" | "scsi" | "block";
  /** The bus (ide 0-1, scsi 0) and unit (ide 0-1, scsi 0-7); for block both 0 and the index in `unit`. */
  readonly busIndex: number;
  readonly unit: number;
  readonly media: "disk" | "cdrom";
  readonly drive: DriveImage;
  /** Several servers may write on it at once (claim:type shared). */
  readonly shared: boolean;
  /** Place in the boot order from 0, null when it is not booted from. */
  readonly bootIndex: number | null;
};

export type NicModel = "e1000" | "rtl8139" | "virtio";

/** The network that an address of the operator's is in. */
export type StaticNetwork = {
  readonly prefix: number;
  /** The guests' router in it, which is this host. */
  readonly gateway: string;
  readonly nameservers: readonly string[];
};

/** An address that DHCP offers; `network` is null for one of the host's own subnet. */
export type Lease = { readonly address: string; readonly network: StaticNetwork | null };

export type Nic = {
  readonly index: number;
  readonly model: NicModel;
  readonly mac: string;
  /** The uuid of the VLAN that it is in, null for the guests' network. */
  readonly vlan: string | null;
  /** Null where no address is offered, as in every VLAN. */
  readonly lease: Lease | null;
};

export type VncSpec = {
  readonly address: string;
  /** Null means closed. */
  readonly password: string | null;
  /** Taken over TLS alone (VeNCrypt), not in the clear. */
  readonly tls: boolean;
};

/** Everything about a server that its QEMU needs. */
export type ServerSpec = {
  readonly uuid: string;
  readonly name: string;
  readonly cpuMhz: number;
  readonly memMib: number;
  readonly cores: number;
  readonly sockets: number;
  readonly devices: readonly Device[];
  readonly nics: readonly Nic[];
  /** VNC on port 5900, null when the server has none. */
  readonly vnc: VncSpec | null;
};

/** The state of a QEMU, by its own events: `dead` is an internal error or a panic. */
export type RunState = "active" | "paused" | "dumped" | "dead";

/** A server that runs (or that is there, dead) on this host. */
export type Instance = {
  readonly uuid: string;
  readonly state: RunState;
  /** When its QEMU was launched, seconds since the epoch. */
  readonly started: number;
};

export type ServerCounters = {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly txBytes: number;
  readonly txPackets: number;
  /** By drive device, in the order of the spec's devices. */
  readonly devices: readonly IoCounters[];
};

export type ServerEvent =
  | { readonly kind: "state"; readonly uuid: string; readonly state: RunState }
  /** Its QEMU has gone, whatever the reason; nothing of it is left on the host but its last counters. */
  | { readonly kind: "gone"; readonly uuid: string; readonly counters: ServerCounters };

/** Servers on this host. */
export interface ServerHost {
  /** Launches the server and answers once its vCPUs run. Errors: `failed`, `full`; then nothing of it is left. */
  launch(spec: ServerSpec): Promise<Instance>;
  /** Ends the QEMU at once and clears all it held; does nothing when there is none. Emits `gone` before it answers. */
  kill(uuid: string): Promise<void>;
  /** Sends ACPI power-down (QMP `system_powerdown`). */
  powerDown(uuid: string): Promise<void>;
  /** QMP `system_reset`. */
  reset(uuid: string): Promise<void>;
  setCpu(uuid: string, cpuMhz: number): Promise<void>;
  /** Sets, changes or (null) closes VNC, live. */
  setVncPassword(uuid: string, password: string | null): Promise<void>;
  counters(uuid: string): Promise<ServerCounters>;
  /** What runs here now, found again after a restart of the daemon by what it left on the host. */
  running(): readonly Instance[];
  /** The same for one server, null when it does not run here. */
  find(uuid: string): Instance | null;
  /** Calls back at every change, in order, until it is unsubscribed by the function that it returns. */
  observe(listener: (event: ServerEvent) => void): () => void;
}

/** IPv4 addresses from `first` to `last`, both included. */
export type AddressRange = { readonly first: string; readonly last: string };

/** What this machine can do. */
export type HostFacts = {
  readonly cores: number;
  /** One core's speed, found once. */
  readonly coreMhz: number;
  readonly memMib: number;
  readonly accelerator: "kvm" | "tcg";
  readonly network: "bridged" | "user";
  readonly cpuQuotas: boolean;
  readonly separateUid: boolean;
  /** How many imagings go on at once; further ones wait. */
  readonly imagings: number;
  /** Addresses that may be given to servers by `auto`. */
  readonly addresses: AddressRange;
  /** Addresses that may be held for longer than a server runs, and their network; null where there are none. */
  readonly staticAddresses: (AddressRange & StaticNetwork) | null;
};

/** A machine that holds drives and runs servers. */
export interface Host {
  readonly facts: HostFacts;
  readonly drives: DriveHost;
  readonly servers: ServerHost;
  /** Leaves servers running; ends what nothing needs when the daemon is gone. */
  close(): Promise<void>;
}
